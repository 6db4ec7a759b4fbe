"""The parts of the emulated Discourse."""
