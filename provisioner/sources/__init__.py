"""Where people's names and addresses come from besides the registry's files: directories and lists of the cities."""
