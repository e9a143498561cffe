"""Names a file brings itself, of columns and elements, as they may be repeated to people."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,40}")


def nameable(names: Iterable[str]) -> tuple[str, ...]:
    """Unknown names as they may be shown: one that is not a plain word may be data."""
    found = list(names)
    plain = sorted({each for each in found if _PLAIN.fullmatch(each.removeprefix("items."))})
    rest = len(found) - sum(bool(_PLAIN.fullmatch(each.removeprefix("items."))) for each in found)
    return (*plain, *((f"({rest} more)",) if rest else ()))


def told(name: str) -> str:
    """One name as it may be shown."""
    return name if _PLAIN.fullmatch(name) else "(hidden)"
