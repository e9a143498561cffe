"""Rates printed beside a figure, recomputed from the figure and the one it is taken against."""

from __future__ import annotations

from collections.abc import Iterator

from transforms.indicators.book import Amount, Book, compared
from transforms.indicators.interval import Interval
from transforms.indicators.model import Check, Indicator, Rate

_ONE = Interval.exact(1)


def cut(each: Indicator, rate: Rate, book: Book) -> Iterator[Check]:
    """1 - value / base."""
    value, base = _own(each, book), _other(each, rate, book)
    if value and base:
        formula = f"1 - {value.text} / {base.text}"
        yield from compared("cut", formula, _ONE - value.interval / base.interval, rate.stated)


def growth(each: Indicator, rate: Rate, book: Book) -> Iterator[Check]:
    """value / base - 1; where only the change is printed, change / (value - change)."""
    value, base, change = _own(each, book), _other(each, rate, book), each.rates.get("change")
    if value and base:
        formula = f"{value.text} / {base.text} - 1"
        yield from compared("growth", formula, value.interval / base.interval - _ONE, rate.stated)
    elif value and change and change.printed:
        formula = f"{change.printed.plain} / ({value.text} - {change.printed.plain})"
        result = _ONE / (_ONE - change.printed.interval / value.interval) - _ONE
        yield from compared("growth", formula, result, rate.stated)


def change(each: Indicator, rate: Rate, book: Book) -> Iterator[Check]:
    """value - base."""
    value, base = _own(each, book), _other(each, rate, book)
    if value and base:
        yield from compared(
            "change", f"{value.text} - {base.text}", value.interval - base.interval, rate.stated
        )


def annual_growth(each: Indicator, rate: Rate, book: Book) -> Iterator[Check]:
    """(value / first) ^ (1 / years) - 1: the compound rate over the years between the two periods."""
    value, base = _own(each, book), _other(each, rate, book)
    if not value or not base or rate.other is None:
        return
    first, last = book[rate.other].period.year, each.period.year
    if first is None or last is None or first >= last:
        raise book.fail(each, "annual_growth.since", "must be of an earlier year; both periods must be years")
    formula = f"({value.text} / {base.text}) ^ (1/{last - first}) - 1"
    result = (value.interval / base.interval).root(last - first) - _ONE
    yield from compared("annual growth", formula, result, rate.stated)


def share(each: Indicator, rate: Rate, book: Book) -> Iterator[Check]:
    """value / whole."""
    value, whole = _own(each, book), _other(each, rate, book)
    if value and whole:
        yield from compared(
            "share", f"{value.text} / {whole.text}", value.interval / whole.interval, rate.stated
        )


#: Each rate with the key that names what it is taken against.
OTHER = {"cut": "against", "growth": "against", "change": "against", "annual_growth": "since", "share": "of"}
RATES = {"cut": cut, "growth": growth, "change": change, "annual_growth": annual_growth, "share": share}


TWICE = "printed twice"


def printed_twice(each: Indicator) -> Iterator[Check]:
    """A figure or rate printed in two places with different digits is one figure."""
    pairs = [("value", each.value, each.also), *((name, r.printed, r.also) for name, r in each.rates.items())]
    for name, printed, also in pairs:
        if printed is None:
            continue
        for other in also:
            both = f"{name} {printed.text} and {other.text}"
            yield Check(TWICE, both, printed.interval.overlaps(other.interval))


def _own(each: Indicator, book: Book) -> Amount | None:
    """The printed value; one implied by its own rate proves nothing."""
    return book.amount(each.id) if each.value else None


def _other(each: Indicator, rate: Rate, book: Book) -> Amount | None:
    return book.amount(rate.other, each.unit) if rate.other else None
