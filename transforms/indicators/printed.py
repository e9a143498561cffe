"""A figure as it was printed: its digits say how far the value can lie from them.

`62.3 %` is anything from 62.25 % to 62.35 %; both ends belong to it, since nobody says how halves were
rounded. Words widen it: `> 80,000` has no upper end, `about 60` is taken as a tenth either way, `nearly 1/4`
as a tenth towards 0, neither less than the digits alone, `2 to 3` as everything between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from transforms.indicators.interval import INFINITE, Interval

#: How far "about" and "nearly" may reach, as a share of the figure.
LOOSE = Decimal("0.1")
SCALES = {
    "": Decimal(1),
    "%": Decimal("0.01"),
    "k": Decimal(10) ** 3,
    "m": Decimal(10) ** 6,
    "bn": Decimal(10) ** 9,
    "tn": Decimal(10) ** 12,
    "万": Decimal(10) ** 4,
    "亿": Decimal(10) ** 8,
    "万亿": Decimal(10) ** 12,
}
#: Scales that are written right behind the digits.
_BESIDE = ("万", "亿", "万亿")
#: Each word before a figure with what it says.
WORDS = {
    ">": "above",
    ">=": "above",
    "≥": "above",
    "over": "above",
    "more than": "above",
    "超": "above",
    "超过": "above",
    "<": "below",
    "<=": "below",
    "≤": "below",
    "less than": "below",
    "about": "about",
    "约": "about",
    "≈": "about",
    "nearly": "nearly",
    "近": "nearly",
}
#: Decimals to which a result is shown beside a printed fraction.
FRACTION_DECIMALS = 3
#: More digits than any figure is printed with; arithmetic has twice as many.
MOST_DIGITS = 20
#: Signs of other alphabets and typesetters with the plain one each stands for.
_PLAIN = str.maketrans("％−＋，．／＞＜", "%-+,./><")
_NUMBER = r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?|\d+/\d+"


def _one_of(texts: Iterable[str]) -> str:
    """A pattern of several texts, the longest first, so that none is taken for the beginning of another."""
    return "|".join(re.escape(each) for each in sorted(texts, key=len, reverse=True) if each)


_FORM = re.compile(
    rf"(?P<word>{_one_of(WORDS)})? ?(?P<first>{_NUMBER})(?: to (?P<last>{_NUMBER}))?"
    rf" ?(?P<scale>{_one_of(SCALES)})?"
)
FORM = (
    "e.g. '68.32', '95.0728 m', '9507.28万', '+4.15 %', '> 80,000', 'about 60', 'nearly 1/4', '2 to 3'; the scales are "
    + ", ".join(each for each in SCALES if each)
    + ", and the printed one is kept: 16万 is '16万', as '160 k' says more digits than were printed"
)


@dataclass(frozen=True)
class Printed:
    """`text` as printed, the values it can stand for (per cent as a fraction), and how it was scaled."""

    text: str
    interval: Interval
    scale: str
    decimals: int

    @property
    def plain(self) -> str:
        """The text without a plus sign, for formulas."""
        return self.text.lstrip("+＋")

    def show(self, value: Decimal) -> str:
        """A recomputed value the way this figure is printed, with one digit more."""
        return spelled(value, self.scale, self.decimals + 1)


def parse(text: str, signed: bool = False) -> Printed:
    """A printed figure; raises ValueError that says how to write one.

    `signed`: it may be below 0, as a growth may; otherwise `< 5` begins at 0.
    """
    found = _FORM.fullmatch(text.strip().translate(_PLAIN))
    if not found:
        raise ValueError(f"{text!r} is no printed figure; write {FORM}")
    if max(len(found[each] or "") for each in ("first", "last")) > MOST_DIGITS:
        raise ValueError(f"{text!r} has too many digits; write at most {MOST_DIGITS}")
    scale, word = found["scale"] or "", WORDS.get(found["word"] or "", "")
    first = _digits(found["first"])
    decimals = max(0, -int(first.step.as_tuple().exponent)) if first.step else FRACTION_DECIMALS
    if found["last"]:
        last = _digits(found["last"])
        if word or last.value.point < first.value.point:
            raise ValueError(f"{text!r}: write a range from the smaller to the larger figure, without a word")
        middle = (first.value + last.value) * Interval.exact(Decimal("0.5"))
        span = Interval(first.value.low, middle.point, last.value.high)
    else:
        span = _span(first, word, signed)
    return Printed(text.strip(), span * Interval.exact(SCALES[scale]), scale, decimals)


def spelled(value: Decimal, scale: str, decimals: int) -> str:
    """A number with thousands separators, in a scale, to so many decimals, without trailing zeros."""
    if not value.is_finite():
        return "any"
    with localcontext(prec=60 + max(0, value.adjusted()), rounding=ROUND_HALF_EVEN):
        short = (value / SCALES[scale]).quantize(Decimal(1).scaleb(-decimals))
    text = f"{short:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'0' if text == '-0' else text}{'' if scale in _BESIDE else ' '}{scale}".rstrip()


def spanned(interval: Interval, scale: str, decimals: int) -> str:
    """An interval in words, an end that is not there too."""
    low, high = (spelled(end, scale, decimals) for end in (interval.low, interval.high))
    if interval.low.is_finite():
        return f"{low} to {high}" if interval.high.is_finite() else f"{low} or more"
    return f"{high} or less" if interval.high.is_finite() else "anything"


@dataclass(frozen=True)
class _Digits:
    value: Interval  # as far as it can be written: a third is a little more and a little less
    step: Decimal  # one unit of the last digit; 0 for a fraction, which is exact


def _digits(text: str) -> _Digits:
    if "/" in text:
        above, below = text.split("/")
        if not int(below):
            raise ValueError(f"{text!r} divides by 0; write the number itself")
        return _Digits(Interval.exact(Decimal(above)) / Interval.exact(Decimal(below)), Decimal(0))
    plain = Decimal(text.replace(",", ""))
    return _Digits(Interval.exact(plain), Decimal(1).scaleb(int(plain.as_tuple().exponent)))


def _span(digits: _Digits, word: str, signed: bool) -> Interval:
    value, half = digits.value, digits.step / 2
    loose = max(half, abs(value.point) * LOOSE)
    nothing = Decimal(0)
    match word:
        case "above":
            return value + Interval(nothing, nothing, INFINITE)
        case "below":
            return Interval(-INFINITE if signed or value.point <= 0 else nothing, value.point, value.high)
        case "about":
            return value + Interval(-loose, nothing, loose)
        case "nearly":  # a little less in size, whatever the sign
            below = loose if value.point >= 0 else nothing
            return value + Interval(-below, nothing, loose if value.point <= 0 else nothing)
        case _:
            return value + Interval(-half, nothing, half)
