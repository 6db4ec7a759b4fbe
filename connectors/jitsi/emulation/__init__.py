"""How a Jitsi server behaves, for its emulator and for tests: the door, the rooms, and the calls that it makes."""
