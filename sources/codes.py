"""The code lists the contracts name, read from sources/codelists.

A list may be extended by customs at any time: a code outside its list is a warning, never a rejection.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "codelists"


@lru_cache
def codes(name: str) -> dict[str, str]:
    """Code -> Chinese name of one list; an unknown name is an error that lists the lists there are."""
    path = _FOLDER / f"{name}.csv"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in _FOLDER.glob("*.csv")))
        raise KeyError(f"no code list {name!r} in sources/codelists; there are: {known}")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name_zh"] for row in csv.DictReader(file)}
