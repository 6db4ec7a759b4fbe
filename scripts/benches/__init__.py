"""Figures and their baselines, measured when somebody asks; never a timed test."""
