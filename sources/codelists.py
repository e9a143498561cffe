"""Code lists: the values a coded field may take, read once from sources/codelists/<name>.csv."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("codelists")


def names() -> list[str]:
    """Names of all code lists."""
    return sorted(path.stem for path in _FOLDER.glob("*.csv"))


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of a list; every list has at least `code` and `name_zh`."""
    path = _FOLDER / f"{name}.csv"
    if not path.is_file():
        raise KeyError(f"no code list {name!r}; there are {', '.join(names())}")
    with path.open(encoding="utf-8", newline="") as handle:
        return tuple(csv.DictReader(handle))


@cache
def codes(name: str) -> frozenset[str]:
    """The codes of a list."""
    return frozenset(row["code"] for row in rows(name))


@cache
def by_word(name: str) -> dict[str, str]:
    """Chinese name -> code, for lists whose codes people write as words (units)."""
    found: dict[str, str] = {}
    for row in rows(name):
        found.setdefault(row["name_zh"], row["code"])
    return found
