"""Moved to `connectors.kit.batch`."""

from connectors.kit.batch import Batch, located, text_of

__all__ = ["Batch", "located", "text_of"]
