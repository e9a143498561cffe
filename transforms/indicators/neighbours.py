"""Figures that follow from other figures: sums with their changes, growth and ranks, differences, ratios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

from transforms.indicators.book import Amount, Book, can_be_zero, compared, not_above_zero
from transforms.indicators.interval import Interval
from transforms.indicators.model import NOTED, Check, Gap, Indicator
from transforms.indicators.printed import Printed
from transforms.indicators.units import per

_ONE = Interval.exact(1)
_NOT_PRINTED = "the figure itself is not printed"


def sums(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """A total is the sum of its parts."""
    if not each.sum_of:
        return
    parts = _known("sum_of", each.sum_of, each, book)
    if isinstance(parts, Gap):
        yield parts
    elif each.value:
        yield from compared(each, "sum", _plus(parts), _total(parts), each.stated)
    else:
        yield Gap("sum_of", _NOT_PRINTED)


def sums_of_changes(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """The change of a total is the sum of the changes of its parts."""
    own, parts = _rate(each, "change"), [book[part] for part in each.sum_of]
    printed = [
        book.turned(Amount(step.plain, step.interval), part, each)
        for part in parts
        if (step := _rate(part, "change"))
    ]
    if own and printed and len(printed) == len(parts):
        yield from compared(
            each, "sum of changes", _plus(printed), _total(printed), [("published", own)], "change"
        )


def growth_of_sums(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """Each part divided by 1 + its growth is the part before; their sum is the total before."""
    own, rates = _rate(each, "growth"), [_rate(book[part], "growth") for part in each.sum_of]
    known = [rate for rate in rates if rate]
    if not own or not known or len(known) < len(rates):
        return
    amounts = _known("growth of the sum", each.sum_of, each, book)
    if isinstance(amounts, Gap):
        yield amounts
        return
    before = []
    for id_, amount, rate in zip(each.sum_of, amounts, known, strict=True):
        times = _ONE + rate.interval
        if reason := can_be_zero(f"1 + {rate.plain} of entry {id_!r}", times):
            yield Gap("growth of the sum", reason)
            return
        before.append(Amount(f"{amount.text} / (1 + {rate.plain})", amount.interval / times))
    total = _total(before)
    if reason := not_above_zero(f"the total before, {_plus(before)},", total):
        yield Gap("growth of the sum", reason)
        return
    formula, result = f"({_plus(amounts)}) / ({_plus(before)}) - 1", _total(amounts) / total - _ONE
    yield from compared(each, "growth of the sum", formula, result, [("published", own)], "growth")


def rank(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """Who is ahead in the total is ahead in some part, so at most as many as are ahead in all parts."""
    if each.rank is None:
        return
    ranks = [known for part in each.sum_of if (known := book[part].rank)]
    if ranks and len(ranks) == len(each.sum_of):
        worst = 1 + sum(known - 1 for known in ranks)
        formula = f"1 + {' + '.join(f'({known} - 1)' for known in ranks)} = {worst} at the most"
        yield Check("rank of the sum", f"{formula}, published {each.rank}", each.rank <= worst)
    else:
        yield Gap(f"rank {each.rank}", "a rank follows only from the ranks of all parts of a sum (sum_of)")


def difference(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """A rest is the whole less the other parts."""
    if not each.difference:
        return
    known = _known("difference", (each.difference[0], *each.difference[1]), each, book)
    if isinstance(known, Gap):
        yield known
    elif each.value:
        formula = " - ".join(part.text for part in known)
        yield from compared(each, "difference", formula, known[0].interval - _total(known[1:]), each.stated)
    else:
        yield Gap("difference", _NOT_PRINTED)


def ratio(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """A figure per list, per firm, per minute; a multiple of a mean day. Two figures are divided in one time unit."""
    if not each.ratio:
        return
    above, below = (book.number(part) for part in each.ratio)
    if not above or not below:
        yield Gap("ratio", f"entry {each.ratio[1 if above else 0]!r} has no figure")
    elif not each.value:
        yield Gap("ratio", _NOT_PRINTED)
    elif reason := can_be_zero(f"{below.text} (by: {each.ratio[1]!r})", below.interval):
        yield Gap("ratio", reason)
    else:
        formula, times = f"{above.text} / {below.text}", _ONE
        if all(part in book for part in each.ratio):
            of, by = (book[part].unit for part in each.ratio)
            times = per(of, by, each.unit)
            if times != _ONE:
                formula = f"{above.text} {of} / {below.text} {by}"
        result = above.interval / below.interval * times
        yield from compared(each, "ratio", formula, result, each.stated)


def implied_base(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """The base a figure and its rate imply: value / (1 - cut) or value / (1 + growth)."""
    if not each.base_of:
        return
    later, now = book[each.base_of], book.amount(each.base_of, each)
    if not each.value:
        yield Gap("base_of", _NOT_PRINTED)
    elif not now:
        yield Gap("base_of", f"entry {later.id!r} has no figure")
    elif rate := _rate(later, "cut"):
        yield from _implied(each, now, f"1 - {rate.plain}", _ONE - rate.interval, later)
    elif rate := _rate(later, "growth"):
        yield from _implied(each, now, f"1 + {rate.plain}", _ONE + rate.interval, later)
    else:
        yield Gap("base_of", f"entry {later.id!r} has neither a cut nor a growth that is printed")


def _implied(
    each: Indicator, now: Amount, told: str, left: Interval, later: Indicator
) -> Iterator[Check | Gap]:
    if reason := can_be_zero(f"{told} of entry {later.id!r}", left):
        yield Gap("base_of", reason)
    else:
        yield from compared(each, "base", f"{now.text} / ({told})", now.interval / left, each.stated)


def implied_value(each: Indicator, book: Book) -> Iterator[Check | Gap]:
    """base x (1 - cut), where only the cut is printed."""
    if not each.implied:
        return
    cut = each.rates.get("cut")
    if not cut or not cut.printed or not cut.other:
        yield Gap(
            "implied", "it follows from a printed cut and its base; write cut: {printed: '...', against: id}"
        )
    elif not (base := book.amount(cut.other, each)):
        yield Gap("implied", f"its base {cut.other!r} has no figure")
    else:
        formula, left = f"{base.text} x (1 - {cut.printed.plain})", _ONE - cut.printed.interval
        yield from compared(each, "implied value", formula, base.interval * left, [(NOTED, each.implied)])


def _known(key: str, ids: Sequence[str], each: Indicator, book: Book) -> list[Amount] | Gap:
    """The figures of other entries in the unit of this one."""
    amounts = []
    for id_ in ids:
        amount = book.amount(id_, each)
        if amount is None:
            return Gap(key, f"entry {id_!r} has no figure")
        amounts.append(amount)
    return amounts


def _rate(each: Indicator, name: str) -> Printed | None:
    rate = each.rates.get(name)
    return rate.printed if rate else None


def _total(amounts: list[Amount]) -> Interval:
    return reduce(Interval.__add__, (amount.interval for amount in amounts))


def _plus(amounts: list[Amount]) -> str:
    return " + ".join(amount.text for amount in amounts)
