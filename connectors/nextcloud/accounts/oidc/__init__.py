"""Accounts of the app user_oidc, through which people log in, and what doctor says about it."""
