"""The versions of the definitions: what changed, when and why.

Every figure carries the version it was made with. To change what a column means (its formula, unit, type or
how days become a period): add a version here, raise `measures.DEFINITION_VERSION`, give the column
`since="<version>"`, and write down what the version says (transforms.definition_lock).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Version:
    """One version of all definitions together."""

    number: str
    since: date
    reason: str


VERSIONS = (
    Version("1", date(2026, 11, 21), "the first: volume, clearance time and the hours excluded from it"),
    Version(
        "2",
        date(2026, 11, 22),
        "reconciliation, goods, payments, tax, declarations, logistics, returns, capacity, enterprises, timeliness, "
        "integrity and targets; clearance time also gives its numerators (sum_h, n_within_*), so that months are "
        "weighted by lists; every column says how days become a period. Measures concern the lists that can have "
        "their event: gate_out the bonded imports, delivery the imports",
    ),
)
