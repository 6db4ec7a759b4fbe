"""Puts a `Text` into German or English.

The sentences stand beside the code that speaks them: every room (and every connector package) has a ``texts.yaml``
with ``what: {de: …, en: …}``; the code ``planning.joined`` is looked up as ``joined`` in the room ``planning``.
"""

from provisioner.texts.catalogue import Catalogue, Language
from provisioner.texts.harmless import harmless

__all__ = ["Catalogue", "Language", "harmless"]
