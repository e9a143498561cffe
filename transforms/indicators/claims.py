"""What a figure claims beside its digits: an improvement, a capacity above the peak, one definition kept."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from transforms.indicators.book import Amount, Book, not_above_zero
from transforms.indicators.interval import Interval
from transforms.indicators.model import NOTED, Check, Gap, Indicator
from transforms.indicators.printed import spelled
from transforms.indicators.units import convertible

STEADY_MONTHS = 3
_ONE = Interval.exact(1)


def improves(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """A figure told as a success must be better than the one before it, as its definition says what is better."""
    if not each.improves:
        return
    found = _both("improves", each, each.improves, book)
    if isinstance(found, Gap):
        yield found
        return
    now, before = found
    lower = each.definition.better == "lower"
    better = now.interval.low < before.interval.high if lower else now.interval.high > before.interval.low
    sign = "below" if lower else "above"
    told = f"{now.text} {each.unit}, told as better than {before.text} before, must lie {sign} it"
    yield Check("direction", told, better, _implied_by(each))


def covers(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """What a system is said to process in a unit of time must reach the peak it is said to have had."""
    if not each.covers:
        return
    served = book[each.covers]
    peak, unit = book.amount(served.id), served.unit
    capacity = book.amount(each.id, served) if each.value else None
    if capacity and peak:
        told = f"{capacity.text} must reach the peak of {peak.text} {unit}"
        yield Check("capacity", told, capacity.interval.high >= peak.interval.low)
    else:
        yield _missing("covers", each.covers if capacity else None)


def part_of(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """A part is not larger than the whole."""
    if not each.part_of:
        return
    found = _both("part_of", each, each.part_of, book)
    if isinstance(found, Gap):
        yield found
    else:
        part, whole = found
        fits = part.interval.low <= whole.interval.high
        yield Check("part", f"{part.text} is part of {whole.text}", fits, _implied_by(each))


def same_as(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """Two printings of one figure by different sources agree to their digits."""
    if not each.same_as:
        return
    found = _both("same_as", each, each.same_as, book)
    if isinstance(found, Gap):
        yield found
    else:
        one, two = found
        told = f"{one.text} here, {two.text} there"
        yield Check("same", told, one.interval.overlaps(two.interval), _implied_by(each))


def steady(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """A series of one definition moves by no more than its monthly factor; a larger step is a definition break.

    Only months at most STEADY_MONTHS apart are compared: over a longer time anything can happen, and the mean of
    a year says nothing of its last month.
    """
    limit, before = each.definition.limit_per_month, _before(each, book)
    if limit is None or before is None or before.period.end is None or each.period.end is None:
        return
    now, then = book.amount(each.id), book.amount(before.id, each)
    if now is None or then is None:
        return
    months = each.period.end - before.period.end
    if months > STEADY_MONTHS:
        return
    for id_, amount in ((before.id, then), (each.id, now)):
        if reason := not_above_zero(f"{amount.text} of entry {id_!r}", amount.interval):
            yield Gap("limit_per_month", reason)
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
        f"{spelled(times.point, '', 2)}; one definition allows {spelled(most.point, '', 2)} in {months} "
        f"month{'' if months == 1 else 's'}"
        + ("" if consistent else ", so the definition changed or a figure is wrong"),
        consistent,
        _implied_by(each),
    )


def _both(key: str, each: Indicator, other: str, book: Book) -> tuple[Amount, Amount] | Gap:
    """A figure and the one it is compared with, in its unit."""
    one, two = book.amount(each.id), book.amount(other, each)
    return (one, two) if one and two else _missing(key, other if one else None)


def _missing(key: str, other: str | None) -> Gap:
    """A comparison without one of its figures: the other's, or the entry's own where none is named."""
    return Gap(key, f"entry {other!r} has no figure" if other else "the figure itself is not printed")


def _implied_by(each: Indicator) -> tuple[str, ...]:
    """The rate that stands for the figure where only that is printed: what is said of it is said of the rate."""
    return () if each.value else ("cut",)


def _before(each: Indicator, book: Book) -> Indicator | None:
    """The last earlier figure of the same series: periods of one length, whatever time the figures are in."""
    if each.period.end is None:
        return None
    series = (each.area, each.flow, each.definition.id)
    earlier = [
        other
        for other in book.indicators
        if (other.area, other.flow, other.definition.id) == series
        and other.period.end is not None
        and other.period.end < each.period.end
        and (other.period.year is None) == (each.period.year is None)
        and other.doc != NOTED
        and convertible(other.unit, each.unit)
        and book.amount(other.id)
    ]
    return max(earlier, key=lambda other: other.period.end or 0, default=None)
