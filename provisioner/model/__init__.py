"""The words of the house as types. Nothing here reads a clock, a network, a file or a database."""
