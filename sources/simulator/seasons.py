"""How many lists a day brings: weekdays, the shopping festivals and Spring Festival.

The zone file gives two heights (11 November and New Year's day over an ordinary day); the shapes about
them are stated here. Day 1.0 is an ordinary midweek day.
"""

from __future__ import annotations

from datetime import date

from sources.zone import Calibration

#: First day of the lunar year.
_NEW_YEAR = {
    2017: date(2017, 1, 28),
    2018: date(2018, 2, 16),
    2019: date(2019, 2, 5),
    2020: date(2020, 1, 25),
    2021: date(2021, 2, 12),
    2022: date(2022, 2, 1),
    2023: date(2023, 1, 22),
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
}
_WEEKDAYS = (1.02, 1.01, 1.0, 1.0, 1.01, 0.97, 0.95)
#: (month, day of the peak): height as a share of the Double 11 height, and the share of it day by day after.
_FESTIVALS = {(11, 11): 1.0, (12, 12): 0.30, (6, 18): 0.40}
_ABOUT_A_PEAK = {-2: 0.04, -1: 0.10, 0: 1.0, 1: 0.45, 2: 0.25, 3: 0.15, 4: 0.10, 5: 0.06}


def share_of_ordinary(day: date, calibration: Calibration) -> float:
    """Lists of `day` over those of an ordinary day."""
    share = _WEEKDAYS[day.weekday()] * _spring_festival(day, calibration.spring_festival)
    for (month, peak), height in _FESTIVALS.items():
        away = (day - date(day.year, month, peak)).days
        share += (calibration.double_11 - 1.0) * height * _ABOUT_A_PEAK.get(away, 0.0)
    return share


def _spring_festival(day: date, depth: float) -> float:
    """Falls to `depth` over the week before New Year's day and recovers over the fortnight after it."""
    new_year = _NEW_YEAR.get(day.year)
    if new_year is None:
        raise ValueError(f"the lunar calendar of {day.year} is not known; simulate a day of {_years()}")
    away = (day - new_year).days
    if -7 <= away < 0:
        return 1.0 - (1.0 - depth) * (away + 7) / 7
    if 0 <= away < 7:
        return depth
    if 7 <= away < 15:
        return depth + (1.0 - depth) * (away - 6) / 9
    return 1.0


def _years() -> str:
    return f"{min(_NEW_YEAR)} to {max(_NEW_YEAR)}"
