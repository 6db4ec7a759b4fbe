"""The rooms of the emulated Keycloak; `connectors.keycloak.emulator` puts them together."""
