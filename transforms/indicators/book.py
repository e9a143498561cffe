"""All figures of a file, found by id, with the arithmetic shown in the digits that were printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.indicators.interval import Interval
from transforms.indicators.model import Check, Indicator, IndicatorError
from transforms.indicators.printed import Printed, parse, spelled
from transforms.indicators.units import factor

_ONE = Interval.exact(1)


@dataclass(frozen=True)
class Amount:
    """The values a figure can have, and how it stands in a formula."""

    text: str
    interval: Interval


@dataclass(frozen=True)
class Book:
    """The figures of one file, in its order."""

    file: str
    indicators: tuple[Indicator, ...]

    def __getitem__(self, id_: str) -> Indicator:
        return next(each for each in self.indicators if each.id == id_)

    def amount(self, id_: str, unit: str | None = None) -> Amount | None:
        """A figure, printed or implied by its cut, in another unit if one is named; None without a figure."""
        each = self[id_]
        known = self._plain(each)
        if known is None or unit is None or unit == each.unit:
            return known
        try:
            turned = known.interval * factor(each.unit, unit)
        except ValueError as error:
            raise self.fail(each, "unit", f"{error}, which a comparison with another entry needs") from error
        return Amount(f"{spelled(turned.point, '', 4)} {unit} ({known.text} {each.unit})", turned)

    def _plain(self, each: Indicator) -> Amount | None:
        if each.value:
            return Amount(each.value.text, each.value.interval)
        cut = each.rates.get("cut")
        if not cut or not cut.printed or not cut.other or not self[cut.other].value:
            return None
        base = self.amount(cut.other, each.unit)
        if not base:
            return None
        value = base.interval * (_ONE - cut.printed.interval)
        return Amount(spelled(value.point, "", 3), value)

    def number(self, id_or_number: str) -> Amount | None:
        """A figure by id, or a plain number, which is exact."""
        if any(each.id == id_or_number for each in self.indicators):
            return self.amount(id_or_number)
        printed = parse(id_or_number)
        return Amount(id_or_number, Interval.exact(printed.interval.point))

    def fail(self, each: Indicator, key: str, problem: str) -> IndicatorError:
        """The complaint about one key of an entry, to be raised."""
        return IndicatorError(f"{self.file}: entry {each.id!r}: {key} {problem}")


def compared(
    relation: str, formula: str, result: Interval, stated: Sequence[tuple[str, Printed]]
) -> Iterator[Check]:
    """A result against every printing of it: consistent where some unrounded value fits both."""
    for word, printed in stated:
        low, high = printed.show(result.low), printed.show(result.high)
        spread = f" ({low} to {high} by the printed digits)" if low != high else ""
        yield Check(
            relation,
            f"{formula} = {printed.show(result.point)}{spread}, {word} {printed.text}",
            result.overlaps(printed.interval),
        )
