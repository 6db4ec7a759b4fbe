"""Writes the parts of the papers that are made from the code. `scripts/docs` runs it."""
