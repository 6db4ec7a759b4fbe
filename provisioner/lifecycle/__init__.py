"""Joiners, movers, leavers: which rung of the ladder people stand on, and what needs a successor. Pure."""
