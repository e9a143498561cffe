"""Workdays of the Chinese calendar: public holidays, make-up workdays, and what a zone file says otherwise.

The State Council sets the holidays of a year late in the year before, so that no calendar knows them in
advance. The package `chinesecalendar` holds the years that were announced when it was released; a zone
file can state more of them, or correct single days:

    [calendar]
    years = [2027]                 # these years are complete here, although the package lacks them
    holidays = ["2027-01-01"]      # weekdays that are off
    workdays = ["2027-02-06"]      # Saturdays and Sundays that are worked
    promotions = ["11-11"]         # days of extraordinary volume: every year, or one date as 2027-06-18

A year that neither covers is not guessed from weekdays: asking raises CalendarUnknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar
from chinese_calendar.constants import holidays as known_holidays

from sources.toml_table import TomlTable

#: The last holiday of a Chinese year; a package that holds this day holds the whole year, while a New Year's
#: day alone may stand there as the tail of the year before.
_LAST_HOLIDAY = (10, 1)

#: What a day is, as far as volumes go: most special first.
DAY_TYPES = ("promotion", "holiday", "rest day", "workday")

_DATE = r"\d{4}-\d{2}-\d{2}"


class CalendarUnknown(LookupError):
    """Nobody has stated the holidays of a year. The text names the year and what to do."""


@dataclass(frozen=True)
class Calendar:
    """What a zone states about days, over what the package knows. Empty where the zone file says nothing."""

    workdays: frozenset[date] = frozenset()
    holidays: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()
    promotions: frozenset[str] = frozenset()  # "mm-dd" of every year, or "yyyy-mm-dd"
    origin: str = "the zone file"  # named in complaints

    def is_workday(self, day: date) -> bool:
        """Whether people work on a day. Raises CalendarUnknown where the year is not covered."""
        if not self.covers(day.year):
            raise CalendarUnknown(
                f"nobody has stated the holidays of {day.year}: install a newer chinesecalendar "
                f"(`pip install -U chinesecalendar`), or list them under [calendar] in {self.origin} with "
                f"`years = [{day.year}]` once the State Council has published them"
            )
        if day in self.workdays:
            return True
        if day in self.holidays:
            return False
        if day.year in _package_years():
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5

    def covers(self, year: int) -> bool:
        """Whether package or zone file know the holidays of a year."""
        return year in self.years or year in _package_years()

    def day_type(self, day: date) -> str:
        """One of DAY_TYPES: a declared promotion first, then a holiday on a weekday, a weekend, a workday.

        Weekends inside a holiday count as holiday. Raises CalendarUnknown.
        """
        if {f"{day:%m-%d}", f"{day:%Y-%m-%d}"} & self.promotions:
            return "promotion"
        if self.is_workday(day):
            return "workday"
        public = day.weekday() < 5 or day in self.holidays or day in known_holidays
        return "holiday" if public else "rest day"

    def first_workday(self, year: int, month: int) -> date:
        """The first workday of a month. Raises CalendarUnknown."""
        day = date(year, month, 1)
        while not self.is_workday(day):
            day += timedelta(days=1)
        return day


#: A zone file without [calendar].
NOTHING_STATED = Calendar()


def is_workday(day: date, overrides: Calendar = NOTHING_STATED) -> bool:
    """Whether people work on a day. Raises CalendarUnknown for a year without data."""
    return overrides.is_workday(day)


def first_workday(year: int, month: int, overrides: Calendar = NOTHING_STATED) -> date:
    """The first workday of a month. Raises CalendarUnknown for a year without data."""
    return overrides.first_workday(year, month)


def read_calendar(table: TomlTable) -> Calendar:
    """The [calendar] of a zone file. Raises ZoneError naming file and key."""
    years = _years(table)
    workdays, holidays = _dates(table, "workdays"), _dates(table, "holidays")
    if both := sorted(workdays & holidays):
        raise table.fail("workdays", f"and holidays both name {both[0]}")
    for key, stated in (("workdays", workdays), ("holidays", holidays)):
        for day in sorted(stated):
            if day.year not in years and day.year not in _package_years():
                raise table.fail(
                    key,
                    f"names {day}, but nobody states the whole year: add it to `years` when the list is complete",
                )
    promotions = table.texts("promotions", rf"{_DATE}|\d{{2}}-\d{{2}}") if table.has("promotions") else ()
    for text in promotions:
        _date(table, "promotions", text if len(text) == 10 else f"2024-{text}")  # 2024 has a 29 February
    table.done()
    return Calendar(workdays, holidays, frozenset(years), frozenset(promotions), str(table.path))


def _years(table: TomlTable) -> set[int]:
    if not table.has("years"):
        return set()
    stated = table.take("years")
    if not isinstance(stated, list) or not all(isinstance(each, int) and each >= 2000 for each in stated):
        raise table.fail("years", "must be a list of years such as [2027]")
    return set(stated)


def _dates(table: TomlTable, key: str) -> frozenset[date]:
    if not table.has(key):
        return frozenset()
    value = table.take(key)
    if not isinstance(value, list):
        raise table.fail(key, "must be a list of dates")
    return frozenset(_date(table, key, each) for each in value)


def _date(table: TomlTable, key: str, value: object) -> date:
    if type(value) is date:  # TOML knows dates without quotes too
        return value
    try:
        if not isinstance(value, str) or not re.fullmatch(_DATE, value):
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError as error:
        raise table.fail(key, f"holds {value!r}, which is not a date written yyyy-mm-dd") from error


@cache
def _package_years() -> frozenset[int]:
    return frozenset(day.year for day in known_holidays if (day.month, day.day) == _LAST_HOLIDAY)
