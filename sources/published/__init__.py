"""Published indicators as files: YAML, and the example that ships with the system."""

from sources.published.files import EXAMPLE, PublishedFileError, load

__all__ = ["EXAMPLE", "PublishedFileError", "load"]
