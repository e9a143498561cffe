"""Every figure of a file checked against its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transforms.indicators import claims, neighbours
from transforms.indicators.book import Book
from transforms.indicators.model import Check, Gap, Indicator
from transforms.indicators.rates import RATES, printed_twice

CONSISTENT, INCONSISTENT, NOT_CHECKABLE = "consistent", "inconsistent", "not checkable"
#: In the order in which they are shown.
_RELATIONS = (
    printed_twice,
    neighbours.sums,
    neighbours.sums_of_changes,
    neighbours.growth_of_sums,
    neighbours.rank,
    neighbours.difference,
    neighbours.ratio,
    neighbours.implied_base,
    neighbours.implied_value,
    claims.improves,
    claims.steady,
    claims.covers,
    claims.part_of,
    claims.same_as,
)


@dataclass(frozen=True)
class Verdict:
    """One figure with its checks, and what could not be checked of it; without any check it is not checkable.

    `notes`: what readers noted beside a published figure, checked apart: it decides nothing about the figure.
    """

    indicator: Indicator
    checks: tuple[Check, ...]
    notes: tuple[Check, ...]
    gaps: tuple[Gap, ...]

    @property
    def outcome(self) -> str:
        """One of CONSISTENT, INCONSISTENT, NOT_CHECKABLE."""
        if not self.checks:
            return NOT_CHECKABLE
        return CONSISTENT if all(each.consistent for each in self.checks) else INCONSISTENT

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Rates of the figure that stand in no arithmetic and keys that could not be applied, as sentences."""
        tested = {rate for each in self.checks for rate in each.rates}
        return tuple(gap.sentence for gap in self.gaps if gap.rate not in tested)

    def as_record(self) -> dict[str, Any]:
        """For `--json`."""
        each = self.indicator
        return {
            "id": each.id,
            "row": each.row,
            "doc": each.doc,
            "title": each.title,
            "outcome": self.outcome,
            "checks": [_record(check) for check in self.checks],
            "notes": [_record(check) for check in self.notes],
            "not_checkable": list(self.unchecked),
            "note": each.note,
        }


def check_all(book: Book) -> list[Verdict]:
    """One verdict a figure, in the order of the file; raises IndicatorError where units do not fit."""
    return [_verdict(each, book) for each in book.indicators]


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Figures by outcome."""
    outcomes = [each.outcome for each in verdicts]
    return {name: outcomes.count(name) for name in (CONSISTENT, INCONSISTENT, NOT_CHECKABLE)}


def _verdict(each: Indicator, book: Book) -> Verdict:
    found: list[Check | Gap] = []
    for name, rate in each.rates.items():
        found += RATES[name](each, rate, book)
    for relation in _RELATIONS:
        found += relation(each, book)
    checks = [one for one in found if isinstance(one, Check)]
    return Verdict(
        each,
        tuple(one for one in checks if not one.of_note),
        tuple(one for one in checks if one.of_note),
        tuple(one for one in found if isinstance(one, Gap)),
    )


def _record(check: Check) -> dict[str, Any]:
    return {"relation": check.relation, "arithmetic": check.arithmetic, "consistent": check.consistent}
