"""What the service's worker does, and what it remembers of it."""
