"""The example network on emulators: the story that `readi demo` tells, and the service to try out."""
