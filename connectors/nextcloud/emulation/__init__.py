"""The rooms of the Nextcloud emulator; `connectors.nextcloud.emulator` puts them together."""
