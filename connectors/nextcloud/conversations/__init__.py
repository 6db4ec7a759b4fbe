"""Conversations: rooms of Talk that our account makes, owns and stays in."""
