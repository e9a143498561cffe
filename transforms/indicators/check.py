"""Every figure of a file checked against its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transforms.indicators import claims, neighbours
from transforms.indicators.book import Book
from transforms.indicators.model import Check, Indicator
from transforms.indicators.rates import RATES, TWICE, printed_twice

CONSISTENT, INCONSISTENT, NOT_CHECKABLE = "consistent", "inconsistent", "not checkable"
#: In the order in which they are shown.
_RELATIONS = (
    neighbours.sums,
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
    """One figure with its checks; without any it is not checkable."""

    indicator: Indicator
    checks: tuple[Check, ...]

    @property
    def outcome(self) -> str:
        """One of CONSISTENT, INCONSISTENT, NOT_CHECKABLE."""
        if not self.checks:
            return NOT_CHECKABLE
        return CONSISTENT if all(each.consistent for each in self.checks) else INCONSISTENT

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Rates of the figure that stand in no arithmetic, as sentences."""
        shown = [each.arithmetic for each in self.checks if each.relation != TWICE]
        return tuple(
            f"{name.replace('_', ' ')} {rate.printed.text}: {NOT_CHECKABLE}, its base is not printed"
            for name, rate in self.indicator.rates.items()
            if rate.printed and not any(rate.printed.plain in each for each in shown)
        )

    def as_record(self) -> dict[str, Any]:
        """For `--json`."""
        each = self.indicator
        return {
            "id": each.id,
            "row": each.row,
            "doc": each.doc,
            "title": each.title,
            "outcome": self.outcome,
            "checks": [
                {"relation": check.relation, "arithmetic": check.arithmetic, "consistent": check.consistent}
                for check in self.checks
            ],
            "not_checkable": list(self.unchecked),
        }


def check_all(book: Book) -> list[Verdict]:
    """One verdict a figure, in the order of the file; raises IndicatorError where units do not fit."""
    return [Verdict(each, _checks(each, book)) for each in book.indicators]


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Figures by outcome."""
    outcomes = [each.outcome for each in verdicts]
    return {name: outcomes.count(name) for name in (CONSISTENT, INCONSISTENT, NOT_CHECKABLE)}


def _checks(each: Indicator, book: Book) -> tuple[Check, ...]:
    found: list[Check] = []
    try:
        for name, rate in each.rates.items():
            found += RATES[name](each, rate, book)
        found += printed_twice(each)
        for relation in _RELATIONS:
            found += relation(each, book)
    except ZeroDivisionError as error:
        raise book.fail(
            each, "value", f"cannot be checked: {error}; figures compared must be above 0"
        ) from error
    return tuple(found)
