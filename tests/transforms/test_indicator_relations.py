"""Each relation between published figures, with the arithmetic done by hand."""

from typing import Any

import pytest

from transforms.indicators.book import Book
from transforms.indicators.check import CONSISTENT, INCONSISTENT, NOT_CHECKABLE, check_all
from transforms.indicators.model import Check, IndicatorError
from transforms.indicators.schema import read

DEFINITIONS = {
    "time": {"label": "time", "text": "t", "better": "lower", "limit_per_month": "2"},
    "size": {"label": "size", "text": "s"},
}


def entry(id_: str, value: str | None = None, **more: Any) -> dict[str, Any]:
    plain = {"row": "1", "doc": "D", "area": "A", "period": "2021", "definition": "size", "unit": "h"}
    return {**plain, "id": id_, **({"value": value} if value else {}), **more}


def book(*entries: dict[str, Any]) -> Book:
    content = {"documents": {"D": "paper"}, "definitions": DEFINITIONS, "indicators": list(entries)}
    return read(content, "figures.yaml")


def checks(*entries: dict[str, Any], of: str = "x") -> tuple[Check, ...]:
    return next(each.checks for each in check_all(book(*entries)) if each.indicator.id == of)


def only(*entries: dict[str, Any]) -> Check:
    (found,) = checks(*entries)
    return found


@pytest.mark.parametrize(
    ("printed", "consistent"),
    # 1 - 50/200 = 75 %; from 1 - 50.5/199.5 = 74.69 % to 1 - 49.5/200.5 = 75.31 %
    [("75 %", True), ("74.7 %", True), ("75.4 %", False), ("74.6 %", False), ("> 1/3", True)],
)
def test_cut(printed: str, consistent: bool) -> None:
    found = only(entry("base", "200"), entry("x", "50", cut={"printed": printed, "against": "base"}))
    assert found.consistent is consistent
    assert found.arithmetic.startswith("1 - 50 / 200 = ")


def test_the_arithmetic_is_shown_with_the_span_of_the_digits() -> None:
    found = only(entry("base", "200"), entry("x", "50", cut={"printed": "75.4 %", "against": "base"}))
    assert found.sentence == (
        "cut: 1 - 50 / 200 = 75 % (74.69 % to 75.31 % by the printed digits), published 75.4 %: INCONSISTENT"
    )


@pytest.mark.parametrize(
    ("value", "printed", "consistent"),
    # 97/100 - 1 = -3 %, from 96.5/100.5 = -4 % to 97.5/99.5 = -2 %; 90: -10.9 % to -9 %; 95: -6 % to -4 %
    [
        ("97", "< 5 %", True),
        ("97", "about 0 %", False),
        ("90", "< -5 %", True),
        ("97", "< -5 %", False),
        ("95", "nearly -5 %", True),
        ("93", "nearly -5 %", False),  # -8 % to -6 %
    ],
)
def test_words_before_a_rate_that_may_be_negative(value: str, printed: str, consistent: bool) -> None:
    rate = {"printed": printed, "against": "base"}
    assert only(entry("base", "100"), entry("x", value, growth=rate)).consistent is consistent


@pytest.mark.parametrize(("printed", "consistent"), [("+20 %", True), ("+25 %", False)])
def test_growth_against_the_year_before(printed: str, consistent: bool) -> None:
    # 120/100 - 1 = 20 %; from 119.5/100.5 = 18.9 % to 120.5/99.5 = 21.1 %
    rate = {"printed": printed, "against": "base"}
    assert only(entry("base", "100"), entry("x", "120", growth=rate)).consistent is consistent


@pytest.mark.parametrize(
    ("before", "now", "consistent"),
    [
        ("120,000", "150,000", False),  # 25 %, as all digits are printed
        ("120 k", "150 k", False),  # from 149.5 / 120.5 = 24.1 % to 150.5 / 119.5 = 25.9 %
        ("12万", "15万", True),  # from 14.5 / 12.5 = 16 % to 15.5 / 11.5 = 34.8 %
    ],
)
def test_a_scale_says_what_was_rounded(before: str, now: str, consistent: bool) -> None:
    rate = {"printed": "+27 %", "against": "base"}
    assert only(entry("base", before), entry("x", now, growth=rate)).consistent is consistent


@pytest.mark.parametrize(("printed", "consistent"), [("+30.05 %", True), ("+29.2 %", False)])
def test_growth_from_the_change(printed: str, consistent: bool) -> None:
    # 10.65 / (46.09 - 10.65) = 30.05 %
    found = only(entry("x", "46.09", change={"printed": "+10.65"}, growth={"printed": printed}))
    assert found.consistent is consistent
    assert "10.65 / (46.09 - 10.65) = 30.05" in found.arithmetic


@pytest.mark.parametrize(("printed", "consistent"), [("-5", True), ("-7", False)])
def test_change(printed: str, consistent: bool) -> None:
    rate = {"printed": printed, "against": "base"}
    assert only(entry("base", "15"), entry("x", "10", change=rate)).consistent is consistent


@pytest.mark.parametrize(("printed", "consistent"), [("20 %", True), ("44 %", False)])
def test_annual_growth_is_compound(printed: str, consistent: bool) -> None:
    # (144 / 100) ^ (1/2) - 1 = 20 %, not 44 % over both years
    rate = {"printed": printed, "since": "base"}
    found = only(entry("base", "100", period="2019"), entry("x", "144", annual_growth=rate))
    assert found.consistent is consistent


@pytest.mark.parametrize(("printed", "consistent"), [("25 %", True), ("30 %", False)])
def test_share(printed: str, consistent: bool) -> None:
    found = only(entry("all", "400"), entry("x", "100", share={"printed": printed, "of": "all"}))
    assert found.consistent is consistent


@pytest.mark.parametrize(("value", "consistent"), [("113.79", True), ("113.81", False)])
def test_sum_within_the_digits_of_its_parts(value: str, consistent: bool) -> None:
    # 67.69 + 46.09 = 113.78, each a half of a hundredth either way
    parts = (entry("a", "67.69"), entry("b", "46.09"))
    assert only(*parts, entry("x", value, sum_of=["a", "b"])).consistent is consistent


def test_change_growth_and_rank_of_a_sum() -> None:
    a = entry("a", "120", change={"printed": "+20"}, growth={"printed": "+20 %"}, rank=3)
    b = entry("b", "110", change={"printed": "+10"}, growth={"printed": "+10 %"}, rank=2)
    # before: 100 + 100; 230 / 200 - 1 = 15 %; at most two are ahead in a and one in b, so rank 4 or better
    x = entry("x", "230", change={"printed": "+40"}, growth={"printed": "+18 %"}, rank=5, sum_of=["a", "b"])
    found = {each.relation: each.consistent for each in checks(a, b, x)}
    assert found == {
        "growth": False,  # 40 / 190 = 21.1 %
        "sum": True,
        "sum of changes": False,  # 20 + 10 = 30
        "growth of the sum": False,  # 15 %
        "rank of the sum": False,
    }


@pytest.mark.parametrize(("printed", "consistent"), [("+90", True), ("+95", False)])
def test_changes_of_parts_in_two_units_of_time(printed: str, consistent: bool) -> None:
    # +1.0 h and +30 min are +90 min, from 57 + 29.5 = 86.5 to 63 + 30.5 = 93.5; +95 begins at 94.5
    a = entry("a", "2", change={"printed": "+1.0"})
    b = entry("b", "90", unit="min", change={"printed": "+30"})
    x = entry("x", unit="min", change={"printed": printed}, sum_of=["a", "b"])
    assert only(a, b, x).consistent is consistent


@pytest.mark.parametrize(("value", "consistent"), [("5", True), ("9", False)])
def test_difference(value: str, consistent: bool) -> None:
    parts = (entry("all", "105"), entry("a", "60"), entry("b", "40"))
    x = entry("x", value, difference={"of": "all", "less": ["a", "b"]})
    assert only(*parts, x).consistent is consistent


@pytest.mark.parametrize(("value", "consistent"), [("126.66", True), ("127.66", False)])
def test_value_per_list(value: str, consistent: bool) -> None:
    # 12.042 bn / 95.0728 m = 126.66
    parts = (entry("value", "12.042 bn"), entry("lists", "95.0728 m"))
    x = entry("x", value, ratio={"of": "value", "by": "lists"})
    assert only(*parts, x).consistent is consistent


@pytest.mark.parametrize(("value", "consistent"), [("105.57", True), ("104.57", False)])
def test_implied_base(value: str, consistent: bool) -> None:
    # 39.8 / (1 - 62.3 %) = 105.57
    later = entry("later", "39.8", cut={"printed": "62.3 %"})
    assert only(entry("x", value, base_of="later"), later).consistent is consistent


@pytest.mark.parametrize(("noted", "follows"), [("50", True), ("60", False)])
def test_an_implied_value_is_a_note_that_accuses_no_published_cut(noted: str, follows: bool) -> None:
    # 200 x (1 - 75 %) = 50, from 199.5 x 0.245 = 48.9 to 200.5 x 0.255 = 51.1
    x = entry("x", implied=noted, cut={"printed": "75 %", "against": "base"})
    found = check_all(book(entry("base", "200"), x))[-1]
    assert (found.checks, found.outcome) == ((), NOT_CHECKABLE)
    assert found.unchecked == ("cut 75 %: not checkable, the figure itself is not printed",)
    assert [note.consistent for note in found.notes] == [follows]


@pytest.mark.parametrize(
    ("printed", "outcome"), [("+12 %", CONSISTENT), ("+14 %", INCONSISTENT), (None, NOT_CHECKABLE)]
)
def test_a_noted_rate_accuses_no_published_figure(printed: str | None, outcome: str) -> None:
    # 112 / 100 - 1 = 12 %, from 111.5 / 100.5 = 10.9 % to 112.5 / 99.5 = 13.1 %
    rate = {"noted": "15 %", "against": "base"} | ({"printed": printed} if printed else {})
    found = check_all(book(entry("base", "100"), entry("x", "112", growth=rate)))[-1]
    assert found.outcome == outcome
    assert [note.sentence for note in found.notes] == [
        "note of a reader on growth: 112 / 100 - 1 = 12 % (10.9 % to 13.1 % by the printed digits), noted 15 %: "
        "does not follow, which accuses no published figure"
    ]


def test_a_figure_that_a_reader_noted_is_checked_as_others_are() -> None:
    content = {
        "documents": {"D": "paper", "noted": "reader"},
        "definitions": DEFINITIONS,
        "indicators": [
            entry("base", "100"),
            entry("x", "112", doc="noted", growth={"printed": "+15 %", "against": "base"}),
        ],
    }
    found = check_all(read(content, "figures.yaml"))[-1]
    assert (found.outcome, found.notes) == (INCONSISTENT, ())
    assert found.checks[0].sentence.endswith("noted +15 %: INCONSISTENT")


@pytest.mark.parametrize(("value", "consistent"), [("0.38", True), ("0.585", False)])
def test_a_figure_told_as_a_success_must_be_better(value: str, consistent: bool) -> None:
    before = entry("before", "0.39", definition="time", period="2019")
    assert only(before, entry("x", value, definition="time", improves="before")).consistent is consistent


@pytest.mark.parametrize(
    ("value", "period", "relations"),
    [
        ("4.0", "2018-12", {"steady": True}),  # 7.04 / 4.0 = 1.76 in a month
        ("0.94", "2018-12", {"steady": False}),  # a factor of 7.5
        ("0.94", "2019-02", {"steady": True}),  # 8 in three months
        ("0.10", "2019-12", {}),  # too far apart to compare
    ],
)
def test_a_series_of_one_definition_moves_steadily(
    value: str, period: str, relations: dict[str, bool]
) -> None:
    before = entry("before", "7.04", definition="time", period="2018-11")
    found = checks(before, entry("x", value, definition="time", period=period))
    assert {each.relation: each.consistent for each in found} == relations


@pytest.mark.parametrize(
    ("before", "now", "relations"),
    [
        # 7.04 h are 422.4 min; over 56.4 min a factor of 7.5
        (("7.04", "h", "2018-11"), ("56.4", "min", "2018-12"), {"steady": False}),
        (("7.04", "h", "2018-11"), ("240", "min", "2018-12"), {"steady": True}),
        (("7.04", "t", "2018-11"), ("0.94", "h", "2018-12"), {}),  # no series: tons are no hours
        (("100", "h", "2018-11"), ("240", "h", "2018"), {}),  # a year is not its December
        (("239", "h", "2017"), ("50", "h", "2018-02"), {}),
        (("239", "h", "2017"), ("50", "h", "2018"), {}),  # years lie too far apart
    ],
)
def test_a_series_goes_on_in_another_unit_of_time_but_not_in_periods_of_another_length(
    before: tuple[str, str, str], now: tuple[str, str, str], relations: dict[str, bool]
) -> None:
    first, x = (
        entry(id_, value, unit=unit, period=period, definition="time")
        for id_, (value, unit, period) in (("before", before), ("x", now))
    )
    assert {each.relation: each.consistent for each in checks(first, x)} == relations


@pytest.mark.parametrize(
    ("value", "unit", "arithmetic", "consistent"),
    [
        ("1.5", "h", "2 h (120 min) - 0.5 h (30 min) = 1.5 (1.48 to 1.52", True),
        ("90", "min", "120 - 30 = 90 (89 to 91 by", True),
        ("2.5", "h", "= 1.5 (1.48 to 1.52 by the printed digits), published 2.5", False),
    ],
)
def test_a_difference_of_times_in_two_units(value: str, unit: str, arithmetic: str, consistent: bool) -> None:
    whole, part = entry("all", "120", unit="min"), entry("a", "30", unit="min")
    found = only(whole, part, entry("x", value, unit=unit, difference={"of": "all", "less": ["a"]}))
    assert found.consistent is consistent
    assert arithmetic in found.arithmetic


@pytest.mark.parametrize(
    ("of", "by", "result"),
    [
        (("2.0", "h"), ("30", "min"), ("4.0", "times")),  # 120 min / 30 min
        (("2.0", "h"), ("4", "orders"), ("30", "min per order")),
        (("1,440", "orders per day"), ("60", "firms"), ("1.0", "orders per h per firm")),
        # 79,000 / 25,000 = 3.16 h of work, 189.6 min
        (("79,000", "parcels per day"), ("25,000", "parcels per h"), ("3.2", "h")),
        (("79,000", "parcels per day"), ("25,000", "parcels per h"), ("189.6", "min")),
        (("79,000", "parcels"), ("25,000", "parcels per h"), ("189.6", "min")),
        (("12", "CNY"), ("4", "lists"), ("3", "CNY per list")),
        (("3.24 m", "orders per day"), ("260,473", "lists per day"), ("12.4", "mean days")),
        (("48", "orders per day"), ("1.0", "lists per h"), ("2.0", "orders per list")),
    ],
)
def test_a_ratio_of_figures_in_two_units_of_time(
    of: tuple[str, str], by: tuple[str, str], result: tuple[str, str]
) -> None:
    above, below, x = (
        entry(id_, value, unit=unit) for id_, (value, unit) in (("above", of), ("below", by), ("x", result))
    )
    assert only(above, below, x | {"ratio": {"of": "above", "by": "below"}}).consistent
    wrong = x | {"value": "77", "ratio": {"of": "above", "by": "below"}}
    assert not only(above, below, wrong).consistent


def test_a_number_has_no_unit() -> None:
    # 8 m orders a day are 5,555.6 a minute
    parts = entry("day", "8 m", unit="orders per day")
    x = entry("x", "5,556", unit="orders per min", ratio={"of": "day", "by": "1440"})
    assert only(parts, x).consistent


@pytest.mark.parametrize(("value", "consistent"), [("2,250", True), ("1,600", False)])
def test_a_capacity_reaches_the_peak_in_the_unit_of_the_peak(value: str, consistent: bool) -> None:
    # 1,600 x 1,440 = 2.304 m; 2,250 x 1,440 = 3.24 m
    peak = entry("peak", "3.24 m", unit="orders per day")
    assert only(peak, entry("x", value, unit="orders per min", covers="peak")).consistent is consistent


def test_a_part_and_a_second_printing() -> None:
    assert not only(entry("all", "10"), entry("x", "12", part_of="all")).consistent
    assert only(entry("a", "1.301"), entry("x", "1.3", same_as="a")).consistent
    assert not only(entry("x", "12.042", also=["12.06"])).consistent


def test_times_are_turned_into_one_unit_and_other_units_are_refused() -> None:
    days = entry("before", "2", definition="time", unit="day")
    assert only(days, entry("x", "47", definition="time", improves="before")).consistent
    assert not only(days, entry("x", "72", definition="time", improves="before")).consistent
    with pytest.raises(
        IndicatorError,
        match=r"figures.yaml: entry 'a': unit 'USD' cannot be turned into 'h', the unit of entry 'x', with which",
    ):
        checks(entry("a", "1", unit="USD"), entry("x", "1", same_as="a"))


def test_what_has_no_neighbour_is_not_checkable_and_says_which_rate() -> None:
    alone, rated = check_all(book(entry("x", "5"), entry("y", "5", also=["5.0"], growth={"printed": "+4 %"})))
    assert (alone.outcome, rated.outcome) == (NOT_CHECKABLE, CONSISTENT)
    assert rated.unchecked == ("growth +4 %: not checkable, its base is not printed",)


BASE = entry("base", "100")
GROWTH = {"printed": "+12 %", "against": "base"}


@pytest.mark.parametrize(
    ("others", "x", "says"),
    [
        (
            [entry("base", "0")],
            entry("x", "12", growth=GROWTH),
            "growth +12 %: not checkable, its base 0 (against: 'base') can be 0: it stands for -0.5 to 0.5",
        ),
        (
            [entry("base", "< 5")],
            entry("x", "12", cut={"printed": "12 %", "against": "base"}),
            "cut 12 %: not checkable, its base < 5 (against: 'base') can be 0: it stands for 0 to 5",
        ),
        (
            [entry("base", "-10")],
            entry("x", "12", share={"printed": "12 %", "of": "base"}),
            "share 12 %: not checkable, its base -10 (of: 'base') is below 0, where a rate has no agreed meaning",
        ),
        (
            [entry("base", "0", period="2019")],
            entry("x", "12", annual_growth={"printed": "12 %", "since": "base"}),
            "annual growth 12 %: not checkable, its base 0 (since: 'base') can be 0: it stands for -0.5 to 0.5",
        ),
        (
            [entry("base")],
            entry("x", "12", growth=GROWTH),
            "growth +12 %: not checkable, its base 'base' has no figure",
        ),
        (
            [BASE],
            entry("x", growth=GROWTH),
            "growth +12 %: not checkable, the figure itself is not printed",
        ),
        (
            [],
            entry("x", "67.69", change={"printed": "> 16"}, growth={"printed": "+32 %"}),
            "growth +32 %: not checkable, the figure before, 67.69 - > 16, can be 0: it stands for 51.695 or less",
        ),
        (
            [entry("later", "40", cut={"printed": "> 50 %"})],
            entry("x", "100", base_of="later"),
            "base_of: not checkable, 1 - > 50 % of entry 'later' can be 0: it stands for 0.5 or less",
        ),
        (
            [entry("later", "0.2", cut={"printed": "100 %"})],
            entry("x", "100", base_of="later"),
            "base_of: not checkable, 1 - 100 % of entry 'later' can be 0: it stands for -0.005 to 0.005",
        ),
        (
            [entry("later", "40")],
            entry("x", "100", base_of="later"),
            "base_of: not checkable, entry 'later' has neither a cut nor a growth that is printed",
        ),
        (
            [entry("later", growth={"printed": "5 %"})],
            entry("x", "100", base_of="later"),
            "base_of: not checkable, entry 'later' has no figure",
        ),
        (
            [entry("before", "7", definition="time", period="2018-11")],
            entry("x", "0", definition="time", period="2018-12"),
            "limit_per_month: not checkable, 0 of entry 'x' can be 0: it stands for -0.5 to 0.5",
        ),
        (
            [entry("a", "12"), entry("b", "0")],
            entry("x", "100", ratio={"of": "a", "by": "b"}),
            "ratio: not checkable, 0 (by: 'b') can be 0: it stands for -0.5 to 0.5",
        ),
        (
            [entry("a", "12"), entry("b")],
            entry("x", "100", ratio={"of": "a", "by": "b"}),
            "ratio: not checkable, entry 'b' has no figure",
        ),
        (
            [entry("a", "12"), entry("b")],
            entry("x", "100", sum_of=["a", "b"]),
            "sum_of: not checkable, entry 'b' has no figure",
        ),
        (
            [entry("a", "12"), entry("b", "1")],
            entry("x", difference={"of": "a", "less": ["b"]}),
            "difference: not checkable, the figure itself is not printed",
        ),
        (
            [],
            entry("x", implied="5", cut={"printed": "5 %"}),
            "implied: not checkable, it follows from a printed cut and its base; "
            "write cut: {printed: '...', against: id}",
        ),
        (
            [],
            entry("x", "5", rank=3),
            "rank 3: not checkable, a rank follows only from the ranks of all parts of a sum (sum_of)",
        ),
        (
            [],
            entry("x", also=["5"]),
            "also: not checkable, the figure itself is not printed; write value: '...'",
        ),
        ([entry("y")], entry("x", "5", part_of="y"), "part_of: not checkable, entry 'y' has no figure"),
        ([entry("y")], entry("x", "5", covers="y"), "covers: not checkable, entry 'y' has no figure"),
        (
            [entry("y", "5")],
            entry("x", same_as="y"),
            "same_as: not checkable, the figure itself is not printed",
        ),
        (
            [entry("y", definition="time")],
            entry("x", "5", definition="time", improves="y"),
            "improves: not checkable, entry 'y' has no figure",
        ),
    ],
)
def test_what_cannot_be_applied_is_told_and_stops_no_other_figure(
    others: list[dict[str, Any]], x: dict[str, Any], says: str
) -> None:
    found = check_all(book(*others, x, entry("ok", "5", also=["5.0"])))
    assert (found[-2].outcome, found[-1].outcome) == (NOT_CHECKABLE, CONSISTENT)
    assert says in found[-2].unchecked


@pytest.mark.parametrize(
    ("x", "arithmetic"),
    [
        (
            entry("x", "12", change={"printed": "+30"}, growth={"printed": "+12 %"}),
            "12 - 30 = -18 (-19 to -17 by the printed digits) before, which must be above 0, published +12 %",
        ),
        (  # what ends below 0 has no compound rate
            entry("x", "-48", annual_growth={"printed": "34 %", "since": "first"}),
            "-48 / 21 is below 0, where no compound growth leads, published 34 %",
        ),
        (  # 40 / (1 - 1.5) = -80; from 40.5 / -0.495 to 39.5 / -0.505
            entry("x", "100", base_of="later"),
            "40 / (1 - 150 %) = -80 (-81.8 to -78.2 by the printed digits), published 100",
        ),
    ],
)
def test_what_no_figures_can_give_is_inconsistent(x: dict[str, Any], arithmetic: str) -> None:
    later = entry("later", "40", cut={"printed": "150 %"})
    found = only(entry("first", "21", period="2019"), later, x)
    assert (found.arithmetic, found.consistent) == (arithmetic, False)


def test_a_compound_rate_to_nothing() -> None:
    # (0 / 100) ^ (1/2) - 1 = -100 %, up to (0.5 / 99.5) ^ (1/2) - 1 = -92.9 %
    rate = {"printed": "-100 %", "since": "base"}
    found = only(entry("base", "100", period="2019"), entry("x", "0", annual_growth=rate))
    assert found.consistent
    assert "(-100 % to -92.9 % by the printed digits)" in found.arithmetic


def test_growth_of_a_figure_below_zero_from_its_change() -> None:
    # from 18 to -12: -30 / 18 = -166.7 %, from -30.5 / 17 = -179 % to -29.5 / 19 = -155 %
    assert only(entry("x", "-12", change={"printed": "-30"}, growth={"printed": "-167 %"})).consistent
    assert not only(entry("x", "-12", change={"printed": "-30"}, growth={"printed": "-150 %"})).consistent


@pytest.mark.parametrize(
    ("change", "printed", "outcome"),
    [
        ("+30", "+12 %", INCONSISTENT),  # 12 after -18
        ("+30", "+167 %", NOT_CHECKABLE),  # 30 / 18, by the size of what was before
        ("+30", "-167 %", NOT_CHECKABLE),  # 30 / -18
        ("+30", "+200 %", INCONSISTENT),  # from 29.5 / 19 = 155 % to 30.5 / 17 = 179 %
        ("+13", "+12 %", INCONSISTENT),  # before: from -2 to 0, so at least 12.5 / 2 = 625 %
        ("+13", "+900 %", NOT_CHECKABLE),
    ],
)
def test_growth_of_a_figure_that_was_not_above_zero(change: str, printed: str, outcome: str) -> None:
    x = entry("x", "12", change={"printed": change}, growth={"printed": printed})
    assert check_all(book(x))[0].outcome == outcome


def test_growth_from_exactly_nothing() -> None:
    assert not only(entry("x", "1/4", change={"printed": "1/4"}, growth={"printed": "+12 %"})).consistent


@pytest.mark.parametrize(("printed", "consistent"), [("-140 %", True), ("-40 %", False)])
def test_annual_growth_of_one_year_has_no_root(printed: str, consistent: bool) -> None:
    # -40 / 100 - 1 = -140 %
    rate = {"printed": printed, "since": "base"}
    found = only(entry("base", "100", period="2020"), entry("x", "-40", annual_growth=rate))
    assert found.consistent is consistent


def test_growth_of_a_sum_whose_part_can_have_been_nothing() -> None:
    parts = (entry("a", "0", growth={"printed": "-100 %"}), entry("b", "110", growth={"printed": "+10 %"}))
    x = entry("x", "110", growth={"printed": "+5 %"}, sum_of=["a", "b"])
    found = check_all(book(*parts, x))[-1]
    assert [each.relation for each in found.checks] == ["sum"]
    assert found.unchecked == (
        "growth +5 %: not checkable, its base is not printed",
        "growth of the sum: not checkable, 1 + -100 % of entry 'a' can be 0: it stands for -0.005 to 0.005",
    )


def test_a_change_is_taken_against_the_base_of_the_growth_beside_it() -> None:
    # 112 - 100 = 12, from 11 to 13
    x = entry("x", "112", growth=GROWTH, change={"printed": "+30"})
    found = {each.relation: each.consistent for each in checks(BASE, x)}
    assert found == {"growth": True, "change": False}


@pytest.mark.parametrize("rates", [{"share": {"printed": "12 %", "of": "base"}}, {"same_as": "twin"}])
def test_a_rate_is_unchecked_though_another_has_its_digits(rates: dict[str, Any]) -> None:
    x = entry("x", "12", growth={"printed": "+2 %"}, **rates)
    found = check_all(book(BASE, entry("twin", "12"), x))[-1]
    assert found.outcome == CONSISTENT
    assert found.unchecked == ("growth +2 %: not checkable, its base is not printed",)


def test_one_inconsistent_check_makes_a_figure_inconsistent() -> None:
    x = entry("x", "50", cut={"printed": "75 %", "also": ["80 %"], "against": "base"})
    assert check_all(book(entry("base", "200"), x))[1].outcome == INCONSISTENT


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"value": 39.8}, "entry 'x': value is 39.8; write it in quotes, exactly as printed"),
        ({"value": "39,8"}, "entry 'x': value '39,8' is no printed figure"),
        ({"valeu": "1"}, "entry 'x': valeu is not a known key"),
        ({"period": "2018-13"}, "entry 'x': period '2018-13' names no month of a year; write 01 to 12"),
        ({"period": "2018-00"}, "entry 'x': period '2018-00' names no month of a year"),
        ({"period": None}, "entry 'x': period is missing"),
        ({"unit": None}, "entry 'x': unit is missing"),
        ({"definition": "speed"}, "entry 'x': definition 'speed' is none of definitions: time, size"),
        ({"doc": "E"}, "entry 'x': doc 'E' is none of documents: D"),
        ({"cut": {"printed": "5 %", "against": "y"}}, "entry 'x': cut.against names 'y', which is no entry"),
        ({"cut": {"against": "x"}}, "entry 'x': cut states no rate"),
        ({"cut": {"printed": "5 %", "of": "x"}}, "entry 'x': cut: of is not a known key"),
        ({"sum_of": "x"}, "entry 'x': sum_of must be a list"),
        ({"same_as": "x"}, "entry 'x': same_as names the entry itself"),
        ({"improves": "x"}, "entry 'x': improves needs definitions.size.better"),
        ({"rank": 0}, "entry 'x': rank is 0"),
        ({"ratio": {"of": "x", "by": "nobody"}}, "entry 'x': ratio names"),
    ],
)
def test_a_wrong_file_is_refused_naming_file_entry_and_key(broken: dict[str, Any], says: str) -> None:
    with pytest.raises(IndicatorError) as refused:
        book(entry("x", "1") | broken)
    assert str(refused.value).startswith("figures.yaml: ")
    assert says in str(refused.value)


def test_a_figure_nobody_published_accuses_none() -> None:
    content = {
        "documents": {"D": "paper", "noted": "reader"},
        "definitions": DEFINITIONS,
        "indicators": [entry("y", "1", doc="noted"), entry("x", "2", same_as="y")],
    }
    with pytest.raises(IndicatorError, match="entry 'x': same_as names 'y', which nobody published"):
        read(content, "figures.yaml")


def test_the_same_id_twice_is_refused() -> None:
    with pytest.raises(IndicatorError, match="entry 'x': id is there twice"):
        book(entry("x", "1"), entry("x", "2"))
