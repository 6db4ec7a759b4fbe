"""The parts of the NodeBB emulator; `connectors.nodebb.emulator` puts them together."""
