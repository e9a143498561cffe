"""Rates printed beside a figure, recomputed from the figure and the one it is taken against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from transforms.indicators.book import Amount, Book, by_digits, compared, impossible, not_above_zero
from transforms.indicators.interval import INFINITE, Interval
from transforms.indicators.model import NOTED, Check, Gap, Indicator, Rate
from transforms.indicators.printed import spelled

_ONE = Interval.exact(1)
#: Each rate with the key that names what it is taken against.
OTHER = {"cut": "against", "growth": "against", "change": "against", "annual_growth": "since", "share": "of"}
TWICE = "printed twice"


def cut(each: Indicator, rate: Rate, book: Book) -> Iterator[Check | Gap]:
    """1 - value / base."""

    def formula(value: Amount, base: Amount) -> tuple[str, Interval]:
        return f"1 - {value.text} / {base.text}", _ONE - value.interval / base.interval

    yield from _recomputed(each, "cut", rate, book, formula)


def growth(each: Indicator, rate: Rate, book: Book) -> Iterator[Check | Gap]:
    """value / base - 1; where only the change is printed, change / (value - change)."""

    def formula(value: Amount, base: Amount) -> tuple[str, Interval]:
        return f"{value.text} / {base.text} - 1", value.interval / base.interval - _ONE

    step = each.rates.get("change")
    if rate.other is None and each.value and step and step.printed:
        value = Amount(each.value.text, each.value.interval)
        yield from _growth_from(each, value, Amount(step.printed.plain, step.printed.interval), rate)
    else:
        yield from _recomputed(each, "growth", rate, book, formula)


def _growth_from(each: Indicator, value: Amount, step: Amount, rate: Rate) -> Iterator[Check | Gap]:
    """Growth where the change tells the figure before, which must have been above 0 for there to be a growth.

    A rate that somebody made of a figure below 0 all the same is not accused: what it means is not agreed.
    """
    formula, before = f"{value.text} - {step.text}", value.interval - step.interval
    reason = not_above_zero(f"the figure before, {formula},", before)
    if not reason:
        result = _growth_of(value.interval, step.interval)
        yield from compared(
            each, "growth", f"{step.text} / ({formula})", result, rate.stated, "growth", "change"
        )
    elif before.high <= 0 < value.interval.low and not _fits_below_zero(step.interval, before, rate):
        told = f"{formula} = {spelled(before.point, '', 4)}{by_digits(before, '', 4)} before, which must be above 0"
        yield from impossible(each, "growth", told, rate.stated, "growth", "change")
    else:
        yield Gap(_subject("growth", rate), reason, "growth")


def _fits_below_zero(step: Interval, before: Interval, rate: Rate) -> bool:
    """Whether a rate is what a change makes of a figure at or below 0, with either sign: there is no agreed one."""
    if not before.low:
        return False  # exactly nothing before: no rate leads from there
    most = before.low.copy_negate()
    least = (step / Interval.exact(most)).low if most.is_finite() else Decimal(0)
    size = step / -before if before.high < 0 else Interval(least, least, INFINITE)
    return any(way.overlaps(printed.interval) for _, printed in rate.stated for way in (size, -size))


def _growth_of(value: Interval, step: Interval) -> Interval:
    """change / (value - change), in the form with each figure once, the narrower one, where value is above 0."""
    if value.low > 0:
        return _ONE / (_ONE - step / value) - _ONE
    return step / (value - step)


def change(each: Indicator, rate: Rate, book: Book) -> Iterator[Check | Gap]:
    """value - base; the base is that of the growth or the cut where the change names none itself."""

    def formula(value: Amount, base: Amount) -> tuple[str, Interval]:
        return f"{value.text} - {base.text}", value.interval - base.interval

    beside = (each.rates[name].other for name in ("growth", "cut") if name in each.rates)
    base = rate.other or next((other for other in beside if other), None)
    yield from _recomputed(each, "change", rate, book, formula, base)


def annual_growth(each: Indicator, rate: Rate, book: Book) -> Iterator[Check | Gap]:
    """(value / first) ^ (1 / years) - 1: the compound rate over the years between the two periods."""
    found = _pair(each, "annual_growth", rate, rate.other, book)
    if isinstance(found, Gap):
        yield found
        return
    value, base = found
    first, last = (book[rate.other].period.year if rate.other else None), each.period.year
    if first is None or last is None or first >= last:
        raise book.fail(each, "annual_growth.since", "must be of an earlier year; both periods must be years")
    times, formula = value.interval / base.interval, f"{value.text} / {base.text}"
    if last - first == 1:  # no root, so that it can lead below 0
        told = f"{formula} - 1"
        yield from compared(each, "annual growth", told, times - _ONE, rate.stated, "annual_growth")
    elif times.high < 0:
        told = f"{formula} is below 0, where no compound growth leads"
        yield from impossible(each, "annual growth", told, rate.stated, "annual_growth")
    else:
        result = times.not_below_zero().root(last - first) - _ONE
        formula = f"({formula}) ^ (1/{last - first}) - 1"
        yield from compared(each, "annual growth", formula, result, rate.stated, "annual_growth")


def share(each: Indicator, rate: Rate, book: Book) -> Iterator[Check | Gap]:
    """value / whole."""

    def formula(value: Amount, whole: Amount) -> tuple[str, Interval]:
        return f"{value.text} / {whole.text}", value.interval / whole.interval

    yield from _recomputed(each, "share", rate, book, formula)


RATES = {"cut": cut, "growth": growth, "change": change, "annual_growth": annual_growth, "share": share}


def printed_twice(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """A figure or rate printed in two places with different digits is one figure."""
    if each.also and not each.value:
        yield Gap("also", "the figure itself is not printed; write value: '...'")
    pairs = [("value", each.value, each.also), *((name, r.printed, r.also) for name, r in each.rates.items())]
    for name, printed, also in pairs:
        if printed is None:
            continue
        for other in also:
            both = f"{name} {printed.text} and {other.text}"
            yield Check(TWICE, both, printed.interval.overlaps(other.interval))


def _recomputed(
    each: Indicator,
    name: str,
    rate: Rate,
    book: Book,
    formula: Callable[[Amount, Amount], tuple[str, Interval]],
    base: str | None = None,
) -> Iterator[Check | Gap]:
    """A rate compared with what the figure and its base give, or why they give nothing."""
    found = _pair(each, name, rate, base or rate.other, book)
    if isinstance(found, Gap):
        yield found
    else:
        told, result = formula(*found)
        yield from compared(each, name, told, result, rate.stated, name)


def _pair(
    each: Indicator, name: str, rate: Rate, base_id: str | None, book: Book
) -> tuple[Amount, Amount] | Gap:
    """The printed value (one implied by its own rate proves nothing) and its base, fit for this rate."""

    def gap(reason: str) -> Gap:
        return Gap(_subject(name, rate), reason, name)

    if base_id is None:
        return gap("its base is not printed")
    value = book.amount(each.id) if each.value else None
    if value is None:
        return gap("the figure itself is not printed")
    base = book.amount(base_id, each)
    if base is None:
        return gap(f"its base {base_id!r} has no figure")
    told = f"its base {base.text} ({OTHER[name]}: {base_id!r})"
    reason = None if name == "change" else not_above_zero(told, base.interval)
    return gap(reason) if reason else (value, base)


def _subject(name: str, rate: Rate) -> str:
    word, printed = rate.stated[0]
    return f"{name.replace('_', ' ')} {'noted ' if word == NOTED else ''}{printed.text}"
