"""Figures that follow from other figures: sums with their changes, growth and ranks, differences, ratios."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from transforms.indicators.book import Amount, Book, compared
from transforms.indicators.interval import Interval
from transforms.indicators.model import NOTED, Check, Indicator
from transforms.indicators.printed import Printed

_ONE = Interval.exact(1)


def sums(each: Indicator, book: Book) -> Iterator[Check]:
    """A total is the sum of its parts; so is its change; its growth and rank follow from theirs."""
    if not each.sum_of:
        return
    parts = [book[id_] for id_ in each.sum_of]
    amounts = [book.amount(part.id, each.unit) for part in parts]
    known = [amount for amount in amounts if amount]
    if each.value and len(known) == len(parts):
        yield from compared("sum", _plus(known), _total(known), each.stated)
    changes = [_rate(part, "change") for part in parts]
    if own := _rate(each, "change"):
        printed = [Amount(part.plain, part.interval) for part in changes if part]
        if len(printed) == len(parts):
            yield from compared("sum of changes", _plus(printed), _total(printed), [("published", own)])
    yield from _growth(each, parts, known)
    yield from _rank(each, parts)


def _growth(each: Indicator, parts: list[Indicator], amounts: list[Amount]) -> Iterator[Check]:
    """Each part divided by 1 + its growth is the part before; their sum is the total before."""
    own, rates = _rate(each, "growth"), [_rate(part, "growth") for part in parts]
    if not own or len(amounts) < len(parts):
        return
    before = [
        Amount(f"{amount.text} / (1 + {rate.plain})", amount.interval / (_ONE + rate.interval))
        for amount, rate in zip(amounts, rates, strict=True)
        if rate
    ]
    if len(before) == len(parts):
        result = _total(amounts) / _total(before) - _ONE
        yield from compared(
            "growth of the sum", f"({_plus(amounts)}) / ({_plus(before)}) - 1", result, [("published", own)]
        )


def _rank(each: Indicator, parts: list[Indicator]) -> Iterator[Check]:
    """Who is ahead in the total is ahead in some part, so at most as many as are ahead in all parts."""
    ranks = [part.rank for part in parts if part.rank]
    if each.rank and len(ranks) == len(parts):
        worst = 1 + sum(rank - 1 for rank in ranks)
        formula = f"1 + {' + '.join(f'({rank} - 1)' for rank in ranks)} = {worst} at the most"
        yield Check("rank of the sum", f"{formula}, published {each.rank}", each.rank <= worst)


def difference(each: Indicator, book: Book) -> Iterator[Check]:
    """A rest is the whole less the other parts."""
    if each.difference and each.value:
        whole, less = book.amount(each.difference[0]), [book.amount(id_) for id_ in each.difference[1]]
        known = [part for part in less if part]
        if whole and len(known) == len(less):
            formula = " - ".join([whole.text, *(part.text for part in known)])
            yield from compared("difference", formula, whole.interval - _total(known), each.stated)


def ratio(each: Indicator, book: Book) -> Iterator[Check]:
    """A figure per list, per firm, per minute; a multiple of a mean day."""
    if each.ratio and each.value:
        above, below = (book.number(part) for part in each.ratio)
        if above and below:
            formula = f"{above.text} / {below.text}"
            yield from compared("ratio", formula, above.interval / below.interval, each.stated)


def implied_base(each: Indicator, book: Book) -> Iterator[Check]:
    """The base a figure and its rate imply: value / (1 - cut) or value / (1 + growth)."""
    if not each.base_of or not each.value or not (now := book.amount(each.base_of, each.unit)):
        return
    later = book[each.base_of]
    if rate := _rate(later, "cut"):
        left, formula = _ONE - rate.interval, f"{now.text} / (1 - {rate.plain})"
    elif rate := _rate(later, "growth"):
        left, formula = _ONE + rate.interval, f"{now.text} / (1 + {rate.plain})"
    else:
        return
    yield from compared("base", formula, now.interval / left, each.stated)


def implied_value(each: Indicator, book: Book) -> Iterator[Check]:
    """base x (1 - cut), where only the cut is printed."""
    cut = each.rates.get("cut")
    if each.implied and cut and cut.printed and cut.other and (base := book.amount(cut.other, each.unit)):
        result = base.interval * (_ONE - cut.printed.interval)
        yield from compared(
            "implied value", f"{base.text} x (1 - {cut.printed.plain})", result, [(NOTED, each.implied)]
        )


def _rate(each: Indicator, name: str) -> Printed | None:
    rate = each.rates.get(name)
    return rate.printed if rate else None


def _total(amounts: list[Amount]) -> Interval:
    return reduce(Interval.__add__, (amount.interval for amount in amounts))


def _plus(amounts: list[Amount]) -> str:
    return " + ".join(amount.text for amount in amounts)
