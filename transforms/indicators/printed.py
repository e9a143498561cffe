"""A figure as it was printed: its digits say how far the value can lie from them.

`62.3 %` is anything from 62.25 % to 62.35 %; both ends belong to it, since nobody says how halves were
rounded. Words widen it: `> 80,000` has no upper end, `about 60` is taken as a tenth either way, `nearly 1/4`
as a tenth below, `2 to 3` as everything between.
"""

from __future__ import annotations

import re
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
}
#: Decimals to which a result is shown beside a printed fraction.
FRACTION_DECIMALS = 3
_NUMBER = r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?|\d+/\d+"
_FORM = re.compile(
    rf"(?P<word>>=|<=|>|<|about|nearly)? ?(?P<first>{_NUMBER})(?: to (?P<last>{_NUMBER}))?(?: (?P<scale>%|k|m|bn|tn))?"
)
FORM = "e.g. '68.32', '95.0728 m', '+4.15 %', '> 80,000', 'about 60', 'nearly 1/4', '2 to 3'"


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
        return self.text.removeprefix("+")

    def show(self, value: Decimal) -> str:
        """A recomputed value the way this figure is printed, with one digit more."""
        return spelled(value, self.scale, self.decimals + 1)


def parse(text: str) -> Printed:
    """A printed figure; raises ValueError that says how to write one."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no printed figure; write {FORM}")
    scale, word = found["scale"] or "", found["word"] or ""
    first = _digits(found["first"])
    decimals = max(0, -int(first.step.as_tuple().exponent)) if first.step else FRACTION_DECIMALS
    if found["last"]:
        last = _digits(found["last"])
        if word or last.value < first.value:
            raise ValueError(f"{text!r}: write a range from the smaller to the larger figure, without a word")
        span = Interval(first.value, (first.value + last.value) / 2, last.value)
    else:
        span = _span(first, word)
    return Printed(text.strip(), span * Interval.exact(SCALES[scale]), scale, decimals)


def spelled(value: Decimal, scale: str, decimals: int) -> str:
    """A number with thousands separators, in a scale, to so many decimals, without trailing zeros."""
    if not value.is_finite():
        return "any"
    with localcontext(prec=60, rounding=ROUND_HALF_EVEN):
        short = (value / SCALES[scale]).quantize(Decimal(1).scaleb(-decimals))
    text = f"{short:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'0' if text == '-0' else text} {scale}".rstrip()


@dataclass(frozen=True)
class _Digits:
    value: Decimal
    step: Decimal  # one unit of the last digit; 0 for a fraction, which is exact


def _digits(text: str) -> _Digits:
    if "/" in text:
        above, below = text.split("/")
        if not int(below):
            raise ValueError(f"{text!r} divides by 0")
        return _Digits(Decimal(above) / Decimal(below), Decimal(0))
    plain = Decimal(text.replace(",", ""))
    return _Digits(plain, Decimal(1).scaleb(int(plain.as_tuple().exponent)))


def _span(digits: _Digits, word: str) -> Interval:
    value, half, tenth = digits.value, digits.step / 2, abs(digits.value) * LOOSE
    match word:
        case ">" | ">=":
            return Interval(value, value, INFINITE)
        case "<" | "<=":
            return Interval(min(Decimal(0), value), value, value)
        case "about":
            return Interval(value - tenth, value, value + tenth)
        case "nearly":
            return Interval(value - tenth, value, value)
        case _:
            return Interval(value - half, value, value + half)
