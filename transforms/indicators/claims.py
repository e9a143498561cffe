"""What a figure claims beside its digits: an improvement, a capacity above the peak, one definition kept."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from transforms.indicators.book import Book
from transforms.indicators.interval import Interval
from transforms.indicators.model import NOTED, Check, Indicator
from transforms.indicators.printed import spelled

STEADY_MONTHS = 3
_ONE = Interval.exact(1)


def improves(each: Indicator, book: Book) -> Iterator[Check]:
    """A figure told as a success must be better than the one before it, as its definition says what is better."""
    if not each.improves or not (now := book.amount(each.id)):
        return
    before = book.amount(each.improves, each.unit)
    if before:
        lower = each.definition.better == "lower"
        better = now.interval.low < before.interval.high if lower else now.interval.high > before.interval.low
        sign = "below" if lower else "above"
        told = f"{now.text} {each.unit}, told as better than {before.text} before, must lie {sign} it"
        yield Check("direction", told, better)


def covers(each: Indicator, book: Book) -> Iterator[Check]:
    """What a system is said to process in a unit of time must reach the peak it is said to have had."""
    if each.covers and each.value and (peak := book.amount(each.covers)):
        peak_unit = book[each.covers].unit
        capacity = book.amount(each.id, peak_unit)
        if capacity:
            yield Check(
                "capacity",
                f"{capacity.text} must reach the peak of {peak.text} {peak_unit}",
                capacity.interval.high >= peak.interval.low,
            )


def part_of(each: Indicator, book: Book) -> Iterator[Check]:
    """A part is not larger than the whole."""
    if each.part_of and (part := book.amount(each.id)) and (whole := book.amount(each.part_of, each.unit)):
        fits = part.interval.low <= whole.interval.high
        yield Check("part", f"{part.text} is part of {whole.text}", fits)


def same_as(each: Indicator, book: Book) -> Iterator[Check]:
    """Two printings of one figure by different sources agree to their digits."""
    if each.same_as and (one := book.amount(each.id)) and (two := book.amount(each.same_as, each.unit)):
        yield Check("same", f"{one.text} here, {two.text} there", one.interval.overlaps(two.interval))


def steady(each: Indicator, book: Book) -> Iterator[Check]:
    """A series of one definition moves by no more than its monthly factor; a larger step is a definition break.

    Only figures at most STEADY_MONTHS apart are compared: over a longer time anything can happen.
    """
    limit, before = each.definition.limit_per_month, _before(each, book)
    if limit is None or before is None or before.period.end is None or each.period.end is None:
        return
    now, then = book.amount(each.id), book.amount(before.id)
    if now is None or then is None:
        return
    months = each.period.end - before.period.end
    if months > STEADY_MONTHS:
        return
    most = Interval.exact(1)
    for _ in range(months):
        most = most * limit
    fall = then.interval / now.interval
    times = fall if fall.point >= 1 else now.interval / then.interval
    consistent = Interval((_ONE / most).low, Decimal(1), most.high).overlaps(fall)
    yield Check(
        "steady",
        f"{then.text} ({before.period.text}) to {now.text} {each.unit} ({each.period.text}) is a factor of "
        f"{spelled(times.point, '', 2)}; one definition allows {spelled(most.point, '', 2)} in {months} months"
        + ("" if consistent else ", so the definition changed or a figure is wrong"),
        consistent,
    )


def _before(each: Indicator, book: Book) -> Indicator | None:
    """The last earlier figure of the same series."""
    if each.period.end is None:
        return None
    series = (each.area, each.flow, each.definition.id, each.unit)
    earlier = [
        other
        for other in book.indicators
        if (other.area, other.flow, other.definition.id, other.unit) == series
        and other.period.end is not None
        and other.period.end < each.period.end
        and other.doc != NOTED
        and book.amount(other.id)
    ]
    return max(earlier, key=lambda other: other.period.end or 0, default=None)
