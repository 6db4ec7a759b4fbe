"""The app user_oidc: its providers, its API, and what a login through one does."""
