"""Exact interval arithmetic on decimals: what a printed figure can have been before it was rounded.

Every operation rounds the lower end down and the upper end up, so that the result holds every value the
operation can give for values of the operands. `point` is what comes out for the printed digits themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, localcontext

DIGITS = 40
INFINITE = Decimal("Infinity")
_ROUNDED = (ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_CEILING)


@dataclass(frozen=True)
class Interval:
    """All values from `low` to `high`, both included; the ends may be infinite, `point` may not."""

    low: Decimal
    point: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not self.low <= self.point <= self.high or not self.point.is_finite():
            raise ValueError(f"{self.low} <= {self.point} <= {self.high} does not hold")

    @classmethod
    def exact(cls, value: Decimal | int) -> Interval:
        """One value."""
        return cls(Decimal(value), Decimal(value), Decimal(value))

    def __add__(self, other: Interval) -> Interval:
        return _rounded(
            lambda: self.low + other.low, lambda: self.point + other.point, lambda: self.high + other.high
        )

    def __sub__(self, other: Interval) -> Interval:
        return _rounded(
            lambda: self.low - other.high, lambda: self.point - other.point, lambda: self.high - other.low
        )

    def __mul__(self, other: Interval) -> Interval:
        pairs = [(one, two) for one in (self.low, self.high) for two in (other.low, other.high)]
        return _rounded(
            lambda: min(_times(*each) for each in pairs),
            lambda: self.point * other.point,
            lambda: max(_times(*each) for each in pairs),
        )

    def __neg__(self) -> Interval:
        # `-value` would round to the digits of the context.
        return Interval(self.high.copy_negate(), self.point.copy_negate(), self.low.copy_negate())

    def __truediv__(self, other: Interval) -> Interval:
        """Raises ZeroDivisionError where the divisor can be 0."""
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError(f"the divisor can be 0: it lies from {other.low} to {other.high}")
        if other.high < 0:
            return -self / -other
        return _rounded(
            lambda: self.low / (other.high if self.low >= 0 else other.low),
            lambda: self.point / other.point,
            lambda: self.high / (other.low if self.high >= 0 else other.high),
        )

    def root(self, degree: int) -> Interval:
        """The positive root; raises ValueError below 0 or for a degree below 1."""
        if self.low < 0 or degree < 1:
            raise ValueError(f"no root of degree {degree} from {self.low}")
        low, high = _root(self.low, degree), _root(self.high, degree)
        unit = Decimal(10) ** (1 - DIGITS)
        return _rounded(
            lambda: max(Decimal(0), low * (1 - unit)),
            lambda: _root(self.point, degree),
            lambda: high * (1 + unit),
        )

    def not_below_zero(self) -> Interval:
        """The part of it that is not below 0; raises ValueError where there is none."""
        nothing = Decimal(0)
        return Interval(max(nothing, self.low), max(nothing, self.point), self.high)

    def overlaps(self, other: Interval) -> bool:
        """Whether some value lies in both."""
        return self.low <= other.high and other.low <= self.high


def _rounded(
    low: Callable[[], Decimal], point: Callable[[], Decimal], high: Callable[[], Decimal]
) -> Interval:
    """Each end computed with its own direction of rounding."""
    ends = []
    for rounding, compute in zip(_ROUNDED, (low, point, high), strict=True):
        with localcontext(prec=DIGITS, rounding=rounding):
            ends.append(+compute())
    return Interval(*ends)


def _times(one: Decimal, two: Decimal) -> Decimal:
    """A product in which nothing times anything is nothing, however large."""
    return Decimal(0) if not one or not two else one * two


def _root(value: Decimal, degree: int) -> Decimal:
    """A root to within one unit of the last of DIGITS digits (computed with ten more)."""
    if not value or not value.is_finite():
        return value
    with localcontext(prec=DIGITS + 10, rounding=ROUND_HALF_EVEN):
        found = value ** (Decimal(1) / degree)
    with localcontext(prec=DIGITS, rounding=ROUND_HALF_EVEN):
        return +found
