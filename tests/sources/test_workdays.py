"""Workdays against the notices of the State Council, and the refusal to guess."""

from datetime import date
from pathlib import Path

import pytest

from sources.toml_table import TomlTable, ZoneError
from sources.workdays import Calendar, CalendarUnknown, first_workday, is_workday, read_calendar

# The notice for 2027 as a zone would write it down; the package of 2026 does not know the year.
STATED = Calendar(
    workdays=frozenset({date(2027, 2, 6)}),
    holidays=frozenset({date(2027, 1, 1), date(2027, 2, 8)}),
    years=frozenset({2027, 2031}),
    promotions=frozenset({"11-11", "2026-06-18"}),
)


@pytest.mark.parametrize(
    ("day", "works", "type_"),
    [
        ("2026-11-20", True, "workday"),  # Friday
        ("2026-11-21", False, "rest day"),  # Saturday
        ("2026-02-14", True, "workday"),  # Saturday made up for New Year's week
        ("2026-02-18", False, "holiday"),  # Wednesday of New Year's week
        ("2026-10-03", False, "holiday"),  # a Saturday inside National Day
        ("2026-10-10", True, "workday"),  # Saturday made up
        ("2026-11-11", True, "promotion"),
        ("2026-06-18", True, "promotion"),  # declared for one year
        ("2025-06-18", True, "workday"),
        ("2031-01-01", True, "workday"),  # stated year with nothing about the day: a weekday as it is
    ],
)
def test_days_are_what_was_announced(day: str, works: bool, type_: str) -> None:
    assert is_workday(date.fromisoformat(day), STATED) is works
    assert STATED.day_type(date.fromisoformat(day)) == type_


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [(2026, 1, 4), (2026, 2, 2), (2026, 5, 6), (2026, 10, 8), (2027, 1, 4), (2027, 2, 1)],
)
def test_first_workday_of_a_month(year: int, month: int, expected: int) -> None:
    assert first_workday(year, month, STATED) == date(year, month, expected)


def test_an_override_beats_the_package() -> None:
    mended = Calendar(workdays=frozenset({date(2026, 10, 3)}), holidays=frozenset({date(2026, 11, 20)}))
    assert is_workday(date(2026, 10, 3), mended)
    assert mended.day_type(date(2026, 11, 20)) == "holiday"


def test_a_year_nobody_states_is_refused() -> None:
    with pytest.raises(CalendarUnknown, match=r"holidays of 2031: .*\[calendar\].*years = \[2031\]"):
        first_workday(2031, 1)
    assert not Calendar(holidays=frozenset({date(2031, 1, 1)})).covers(2031)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"holidays": ["2031-01-01"]}, "calendar.holidays names 2031-01-01, but nobody states the whole"),
        ({"workdays": ["2026-10-10"], "holidays": ["2026-10-10"]}, "both name 2026-10-10"),
        ({"workdays": ["10.10.2026"]}, "not a date written yyyy-mm-dd"),
        ({"holidays": "2026-10-10"}, "must be a list of dates"),
        ({"years": ["2031"]}, "must be a list of years"),
        ({"promotions": ["02-30"]}, "not a date"),
        ({"promotion": ["11-11"]}, "is not a known key"),
    ],
)
def test_complaints_name_file_and_key(content: dict[str, object], complaint: str) -> None:
    with pytest.raises(ZoneError, match=rf"^z.toml: .*{complaint}"):
        read_calendar(TomlTable(content, Path("z.toml"), "calendar"))


def test_a_stated_year_is_read(tmp_path: Path) -> None:
    read = read_calendar(
        TomlTable(
            {"years": [2031], "holidays": [date(2031, 1, 1)], "workdays": ["2031-01-04"]},
            tmp_path,
            "calendar",
        )
    )
    assert [is_workday(date(2031, 1, day), read) for day in (1, 2, 4, 5)] == [False, True, True, False]
