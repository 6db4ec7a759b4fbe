"""What pages show: small pictures of registry and state, worked out without asking a target."""
