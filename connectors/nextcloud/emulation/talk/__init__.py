"""The app Talk: rooms, who is in them, what is said, bots."""
