"""Readers: landed files of any accepted format -> staged parts of typed rows, or refusals with a reason."""

from sources.readers.pool import read_files

__all__ = ["read_files"]
