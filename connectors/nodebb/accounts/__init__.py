"""Accounts: made before their people first log in, and tied to the login where our companion plugin is there."""
