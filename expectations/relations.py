"""Rules that look at more than one row: M4, A2 and A4."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """A query for the rows of one kind that break `rule`.

    `rows` gives every column of the staged view, each failing row once, and `found_field`, `found_detail`.
    """

    rule: str
    kind: str
    field: str
    rows: str
