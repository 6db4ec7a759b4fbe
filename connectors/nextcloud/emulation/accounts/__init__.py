"""Accounts and groups: what they are, and the provisioning API that tells and changes them."""
