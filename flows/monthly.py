"""The monthly flow: on the first working day of a month, the figures of the month before as a file.

Where that day's run failed or never was, the runs of the following days do it.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import schedule
from flows.daily import one_day
from flows.ending import ended
from flows.settings import home_path
from sources.workdays import Calendar, first_workday
from sources.zone import Zone
from warehouse import Home, Lake, missing
from warehouse import monthly as months
from warehouse.monthly import Month


@flow(name="monthly", flow_run_name=schedule.named, validate_parameters=False)
def monthly(
    zone: str, month: str | None = None, inbox: str | None = None, home: str | None = None
) -> State[Month | None]:
    """Bring the dates of the month before up to date and write its figures into published/monthly.

    The schedule starts this on each of the first days of a month; before the first working day of the Chinese
    calendar, and after it where the month is written whole, it says so and ends (None). The state is red where a source
    or a file of its days is missing, a day stopped, or the month lacks days. A year whose holidays
    nobody stated raises CalendarUnknown: the day is not guessed. `month` (2026-11, or any date in it) writes a
    month by hand, whatever day it is.
    """
    base = home_path(Path(home) if home else None)
    if month:
        first: date | None = schedule.month_start(
            schedule.as_date(month if len(month) > 7 else f"{month}-01")
        )
    else:
        due = schedule.due_at()
        whole = months.whole(Home(base), zone, schedule.month_before(due))
        first = month_due(Zone.load(zone).calendar, due, whole)
    if first is None:
        get_run_logger().info("%s: no month is due to be written, nothing to do", zone)
        return Completed(message="no month is due to be written", data=None)
    problems = bring_up_to_date(base, zone, first, inbox)
    with Lake.read(Home(base)) as lake:
        written = months.write(lake, Home(base), zone, first)
    create_markdown_artifact(
        key=f"month-{zone}", markdown=written.markdown(), description="The figures of the month"
    )
    return ended(written, [*problems, *(("gap", f"not in the month: {each}") for each in written.lacking)])


def month_due(calendar: Calendar, due: datetime, whole: bool) -> date | None:
    """The month before, where a run is due on the first working day of a month, or later and it is not `whole`; else None.

    Raises CalendarUnknown for a year whose holidays nobody stated.
    """
    today = schedule.day_of(due)
    turn = first_workday(today.year, today.month, calendar)
    if today < turn or (today > turn and whole):
        return None
    return schedule.month_before(due)


def bring_up_to_date(base: Path, zone: str, first: date, inbox: str | None) -> list[tuple[str, str]]:
    """Publish the days of the month that have no final figures, then its last day, which takes late files along.

    Days before the zone's first published one are not published. Returns the problems of the days, each (class, sentence).
    """
    days = schedule.days_of_month(first)
    with Lake.read(Home(base)) as lake:
        wanted = [day for day in missing.days(lake, zone, days[-1]) if day >= first]
        started = missing.first(lake, zone)
    problems = []
    for day in [*wanted, *([days[-1]] if started and started <= days[-1] else [])]:
        try:
            report = one_day(base, zone, day, inbox)
        except Exception as error:  # named at the end: one bad day must not keep the month from being written
            problems.append(("stopped", f"{day}: {type(error).__name__}: {error}"))
        else:
            problems += [(kind, f"run of {day}: {sentence}") for kind, sentence in report.problems()]
    return problems
