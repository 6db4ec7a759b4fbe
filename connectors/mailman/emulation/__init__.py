"""The parts of the Mailman emulator; `connectors.mailman.emulator` puts them together."""
