"""Coming in, joining, deciding, leaving: the acts of people, each one transaction."""
