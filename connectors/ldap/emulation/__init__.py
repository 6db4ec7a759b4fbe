"""The parts of the LDAP emulator: wire, schema, filters, tree. The server itself is `connectors.ldap.emulator`."""
