"""Accounts: made before their people first log in, tied to the login, suspended, made nameless."""
