"""re@di provisioner: one registry of organisations, people, roles and bodies; every system kept equal to it."""
