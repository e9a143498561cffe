"""Interval arithmetic holds every value its operands can give; printed digits make the intervals."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.indicators.interval import INFINITE, Interval
from transforms.indicators.printed import parse, spanned, spelled

ANY = st.decimals(min_value=-1000, max_value=1000, allow_nan=False, allow_infinity=False, places=4)
POSITIVE = st.decimals(min_value="0.0001", max_value=1000, allow_nan=False, allow_infinity=False, places=4)


@st.composite
def intervals_with_a_value(
    draw: st.DrawFn, numbers: st.SearchStrategy[Decimal] = ANY
) -> tuple[Interval, Fraction]:
    low, inside, point, high = sorted(draw(st.lists(numbers, min_size=4, max_size=4)))
    return Interval(low, point, high), Fraction(inside)


PAIRS = intervals_with_a_value()
POSITIVE_PAIRS = intervals_with_a_value(POSITIVE)


def lies_in(value: Fraction, interval: Interval) -> bool:
    return Fraction(interval.low) <= value <= Fraction(interval.high)


@given(PAIRS, PAIRS)
def test_every_operation_holds_what_exact_fractions_give(
    one: tuple[Interval, Fraction], two: tuple[Interval, Fraction]
) -> None:
    (a, x), (b, y) = one, two
    assert lies_in(x + y, a + b)
    assert lies_in(x - y, a - b)
    assert lies_in(x * y, a * b)


@given(PAIRS, POSITIVE_PAIRS)
def test_so_does_a_quotient(one: tuple[Interval, Fraction], two: tuple[Interval, Fraction]) -> None:
    (a, x), (b, y) = one, two
    assert lies_in(x / y, a / b)
    assert lies_in(x / -y, a / -b)


@given(POSITIVE_PAIRS, st.integers(min_value=1, max_value=5))
def test_a_root_to_its_power_holds_the_value(pair: tuple[Interval, Fraction], degree: int) -> None:
    interval, inside = pair
    root = interval.root(degree)
    assert Fraction(root.low) ** degree <= inside <= Fraction(root.high) ** degree


@given(PAIRS, PAIRS)
def test_a_wider_operand_makes_no_narrower_result(
    one: tuple[Interval, Fraction], two: tuple[Interval, Fraction]
) -> None:
    (a, _), (b, _) = one, two
    wider = Interval(a.low - 1, a.point, a.high + 1)
    assert (wider * b).low <= (a * b).low <= (a * b).high <= (wider * b).high
    assert (wider - b).low <= (a - b).low <= (a - b).high <= (wider - b).high


@pytest.mark.parametrize(("low", "high"), [(0, 2), (-1, 2), (-1, 0)])
def test_a_divisor_that_can_be_nothing_is_refused(low: int, high: int) -> None:
    with pytest.raises(ZeroDivisionError, match=f"can be 0: it lies from {low} to {high}"):
        Interval.exact(1) / Interval(Decimal(low), Decimal(high if low else low), Decimal(high))


def test_the_part_that_is_not_below_zero() -> None:
    assert Interval(Decimal(-1), Decimal(0), Decimal(2)).not_below_zero() == Interval(
        Decimal(0), Decimal(0), Decimal(2)
    )
    with pytest.raises(ValueError, match="does not hold"):
        Interval(Decimal(-2), Decimal(-1), Decimal(-1)).not_below_zero()


def test_an_open_end_stays_open() -> None:
    more = Interval(Decimal(80000), Decimal(80000), INFINITE)
    per = Interval.exact(160000) / more
    assert (per.low, per.high) == (0, 2)
    assert (Interval.exact(0) * more).high == 0


@pytest.mark.parametrize(
    ("text", "low", "point", "high"),
    [
        ("62.3 %", "0.6225", "0.623", "0.6235"),
        ("97.40", "97.395", "97.40", "97.405"),
        ("95.0728 m", "95072750", "95072800", "95072850"),
        ("120,000", "119999.5", "120000", "120000.5"),  # zeros are digits
        ("260,473", "260472.5", "260473", "260473.5"),
        ("-1 bn", "-1.5e9", "-1e9", "-0.5e9"),
        ("> 80,000", "80000", "80000", "Infinity"),
        ("<= 1", "0", "1", "1"),
        ("less than 5 %", "0", "0.05", "0.05"),
        ("< -5 %", "-Infinity", "-0.05", "-0.05"),
        ("> -5 %", "-0.05", "-0.05", "Infinity"),
        ("about 60", "54", "60", "66"),
        ("about 2", "1.5", "2", "2.5"),  # no narrower than 2
        ("about 0 %", "-0.005", "0", "0.005"),
        ("nearly 1/4", "0.225", "0.25", "0.25"),
        ("nearly 90", "81", "90", "90"),
        ("nearly -5 %", "-0.05", "-0.05", "-0.045"),
        ("nearly 0 %", "-0.005", "0", "0.005"),
        ("1/5", "0.2", "0.2", "0.2"),
        ("10 to 12 %", "0.10", "0.11", "0.12"),
        ("9507.28万", "95072750", "95072800", "95072850"),
        ("16万", "155000", "160000", "165000"),
        ("12 亿", "1.15e9", "1.2e9", "1.25e9"),
        ("8.27万亿", "8.265e12", "8.27e12", "8.275e12"),
        ("62.3%", "0.6225", "0.623", "0.6235"),
        ("62.3％", "0.6225", "0.623", "0.6235"),
        ("−1 bn", "-1.5e9", "-1e9", "-0.5e9"),
        ("约60", "54", "60", "66"),
        ("≈ 60", "54", "60", "66"),
        ("超8万", "80000", "80000", "Infinity"),
        ("超过 8万", "80000", "80000", "Infinity"),
        ("over 80,000", "80000", "80000", "Infinity"),
        ("近30%", "0.27", "0.3", "0.3"),
    ],
)
def test_printed_digits_say_how_exact_a_figure_is(text: str, low: str, point: str, high: str) -> None:
    assert parse(text).interval == Interval(Decimal(low), Decimal(point), Decimal(high))


def test_a_rate_below_a_printed_one_may_be_negative() -> None:
    assert parse("< 5 %", signed=True).interval == Interval(-INFINITE, Decimal("0.05"), Decimal("0.05"))


def test_thirds_are_no_less_than_one() -> None:
    third = parse("1/3").interval
    assert (third + third + third).overlaps(Interval.exact(1))
    assert parse("1/3 to 2/3").interval.overlaps(third)


@pytest.mark.parametrize(
    ("text", "scale", "said"),
    [
        ("2 to 3", "", "2 to 3"),
        ("> 5 %", "%", "5 % or more"),
        ("< -5 %", "%", "-5 % or less"),
        ("16万", "万", "15.5万 to 16.5万"),
    ],
)
def test_an_interval_in_words(text: str, scale: str, said: str) -> None:
    assert spanned(parse(text).interval, scale, 1) == said


def test_a_very_long_number_is_spelled() -> None:
    assert spelled(Decimal(10) ** 78, "", 1) == "1" + 26 * ",000"


def test_the_complaint_lists_the_scales() -> None:
    with pytest.raises(ValueError, match="the scales are %, k, m, bn, tn, 万, 亿, 万亿"):
        parse("16 wan")


@pytest.mark.parametrize(
    "text", ["1" * 21, "", "many", "1.2.3", "12 lists", "3 to 2", "about 2 to 3", "1/0", "1,00"]
)
def test_what_is_no_printed_figure_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write|divides"):
        parse(text)
