"""Spaces of bodies: a namespace with its rights, and the page that opens with it."""
