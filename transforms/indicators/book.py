"""All figures of a file, found by id, with the arithmetic shown in the digits that were printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.indicators.interval import Interval
from transforms.indicators.model import NOTED, Check, Indicator, IndicatorError
from transforms.indicators.printed import Printed, parse, spanned, spelled
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

    def __contains__(self, id_: str) -> bool:
        return any(each.id == id_ for each in self.indicators)

    def amount(self, id_: str, like: Indicator | None = None) -> Amount | None:
        """A figure, printed or implied by its cut, in the unit of another entry if one is named; None without one."""
        each = self[id_]
        known = self._plain(each)
        return known if known is None or like is None else self.turned(known, each, like)

    def turned(self, known: Amount, each: Indicator, like: Indicator) -> Amount:
        """What an entry prints in its own unit, in that of another; raises IndicatorError where it has none."""
        if like.unit == each.unit:
            return known
        try:
            turned = known.interval * factor(each.unit, like.unit)
        except ValueError as error:
            problem = f"{error}, the unit of entry {like.id!r}, with which it is compared; give both one unit"
            raise self.fail(each, "unit", problem) from error
        decimals = max(4, 3 - turned.point.adjusted())
        return Amount(f"{spelled(turned.point, '', decimals)} {like.unit} ({known.text} {each.unit})", turned)

    def _plain(self, each: Indicator) -> Amount | None:
        if each.value:
            return Amount(each.value.text, each.value.interval)
        cut = each.rates.get("cut")
        if not cut or not cut.printed or not cut.other or not self[cut.other].value:
            return None
        base = self.amount(cut.other, each)
        if not base:
            return None
        value = base.interval * (_ONE - cut.printed.interval)
        return Amount(spelled(value.point, "", 3), value)

    def number(self, id_or_number: str) -> Amount | None:
        """A figure by id, or a plain number, which is exact."""
        if id_or_number in self:
            return self.amount(id_or_number)
        printed = parse(id_or_number)
        return Amount(id_or_number, Interval.exact(printed.interval.point))

    def fail(self, each: Indicator, key: str, problem: str) -> IndicatorError:
        """The complaint about one key of an entry, to be raised."""
        return IndicatorError(f"{self.file}: entry {each.id!r}: {key} {problem}")


def compared(
    each: Indicator,
    relation: str,
    formula: str,
    result: Interval,
    stated: Sequence[tuple[str, Printed]],
    *rates: str,
) -> Iterator[Check]:
    """A result against every printing of it: consistent where some unrounded value fits both."""
    for word, printed in stated:
        spread = by_digits(result, printed.scale, printed.decimals + 1)
        told = f"{formula} = {printed.show(result.point)}{spread}"
        yield _put(each, relation, told, word, printed, result.overlaps(printed.interval), rates)


def impossible(
    each: Indicator, relation: str, told: str, stated: Sequence[tuple[str, Printed]], *rates: str
) -> Iterator[Check]:
    """A rate that no figures can have, whatever its digits."""
    for word, printed in stated:
        yield _put(each, relation, told, word, printed, False, rates)


def _put(
    each: Indicator,
    relation: str,
    told: str,
    word: str,
    printed: Printed,
    consistent: bool,
    rates: tuple[str, ...],
) -> Check:
    published = each.doc != NOTED
    told = f"{told}, {word if published else NOTED} {printed.text}"
    return Check(relation, told, consistent, rates, of_note=published and word == NOTED)


def by_digits(result: Interval, scale: str, decimals: int) -> str:
    """How far a result can lie from what the printed digits give, in brackets; nothing where that does not show."""
    low, high = (spelled(end, scale, decimals) for end in (result.low, result.high))
    shows = low != high or not result.low.is_finite()
    return f" ({spanned(result, scale, decimals)} by the printed digits)" if shows else ""


def can_be_zero(told: str, divisor: Interval) -> str | None:
    """Why nothing can be divided by a figure: by its digits, it can be 0; None where it cannot."""
    if not divisor.low <= 0 <= divisor.high:
        return None
    return f"{told} can be 0: it stands for {spanned(divisor, '', 4)}"


def not_above_zero(told: str, base: Interval) -> str | None:
    """Why a rate says nothing of a base: it can be 0, or is below 0; None where it is above 0."""
    if base.high < 0:
        return f"{told} is below 0, where a rate has no agreed meaning"
    return can_be_zero(told, base)
