"""Accounts: how they are read, made, changed and erased; those of a login besides."""
