"""The business date of a run follows from the time it was due, whatever the clock says when it starts."""

from datetime import UTC, date, datetime

import pytest

from flows import schedule

#: due (UTC) -> date of a daily, of an intraday run, first day of the month that a monthly run writes.
DUE = [
    ("2026-11-11T22:30", "2026-11-11", "2026-11-12", "2026-10-01"),  # 06:30 on the 12th in Beijing
    ("2026-11-11T16:30", "2026-11-11", "2026-11-12", "2026-10-01"),  # 00:30 on the 12th
    ("2026-11-11T15:59", "2026-11-10", "2026-11-11", "2026-10-01"),  # 23:59 on the 11th
    ("2026-12-31T16:05", "2026-12-31", "2027-01-01", "2026-12-01"),  # 00:05 on New Year's Day
    ("2024-02-29T22:30", "2024-02-29", "2024-03-01", "2024-02-01"),
]


@pytest.mark.parametrize(("due", "before", "same", "month"), DUE)
def test_dates_come_from_beijing_time(due: str, before: str, same: str, month: str) -> None:
    moment = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert schedule.day_before(moment) == date.fromisoformat(before)
    assert schedule.day_of(moment) == date.fromisoformat(same)
    assert schedule.month_before(moment) == date.fromisoformat(month)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        schedule.day_of(datetime(2026, 11, 12, 6, 30))


def test_days_of_a_month() -> None:
    assert [len(schedule.days_of_month(date(2024, month, 15))) for month in (1, 2, 4, 12)] == [31, 29, 30, 31]


def test_a_date_is_written_as_in_the_message() -> None:
    assert schedule.as_date("2026-11-11") == date(2026, 11, 11)
    with pytest.raises(ValueError, match="2026-11-11"):
        schedule.as_date("11.11.2026")


def test_outside_a_flow_run_no_date_is_made_up() -> None:
    with pytest.raises(schedule.NotScheduled, match="business_date is needed"):
        schedule.due_at()
