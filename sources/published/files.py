"""Reading a YAML file of published indicators as plain values; what they mean is checked elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

#: What five public papers on cross-border e-commerce zones print, with what each figure's neighbours say of it.
EXAMPLE = Path(__file__).resolve().parent / "published-figures.yaml"


class PublishedFileError(ValueError):
    """A file that is not there or is no YAML. The text names the file and, where YAML tells it, the line."""


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key written twice instead of taking the last, and a key that is no single word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a list or a table stands where the name of a key is expected", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} is there twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path) -> Any:
    """The content of the file; raises PublishedFileError."""
    try:
        # A subclass of the safe loader: it builds plain values only.
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise PublishedFileError(f"{path}: {error.strerror or error}") from error
    except RecursionError as error:
        raise PublishedFileError(f"{path}: not readable as YAML: brackets are nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:
        # Besides bytes that are no text, YAML leaves a date such as 2018-13-01 to Python, which refuses it so.
        raise PublishedFileError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from error
