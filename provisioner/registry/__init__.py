"""Reading, merging, checking and editing the registry."""

from provisioner.registry.loading import Loaded, load, load_sources
from provisioner.registry.problems import Problem

__all__ = ["Loaded", "Problem", "load", "load_sources"]
