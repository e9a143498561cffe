"""Which business date a run is for: told by when it was due, never by when it came to run.

A schedule gives every run the moment it is due. A run that starts late, waits for a slot or is found after an
outage still bears that moment, so it computes the day it was meant for.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sources.beijing import BEIJING


class NotScheduled(ValueError):
    """A date is needed and no schedule gives one. The message says what to name."""


def due_at() -> datetime:
    """When the present flow run was due, in Asia/Shanghai. Raises NotScheduled outside a flow run."""
    from prefect.runtime import flow_run

    due = flow_run.scheduled_start_time
    if due is None or flow_run.id is None:
        raise NotScheduled("business_date is needed: this run was not started by a schedule")
    return in_beijing(due)


def named() -> str:
    """The name of the present flow run: the zone, and the date it is for where it is known before it begins."""
    from prefect.runtime import flow_run

    given = flow_run.parameters
    told = given.get("business_date") or given.get("month") or given.get("on")
    return f"{given['zone']} {told or f'due {due_at():%Y-%m-%d %H:%M}'}"


def in_beijing(moment: datetime) -> datetime:
    """A moment in Asia/Shanghai; raises ValueError for one without a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: the time a run is due must say which")
    return moment.astimezone(BEIJING)


def day_before(due: datetime) -> date:
    """The business date of a run that looks back on a finished day."""
    return in_beijing(due).date() - timedelta(days=1)


def day_of(due: datetime) -> date:
    """The business date of a run that looks at the day still going on."""
    return in_beijing(due).date()


def month_before(due: datetime) -> date:
    """The first day of the calendar month before the one in which a run was due."""
    return month_start(in_beijing(due).date().replace(day=1) - timedelta(days=1))


def month_start(day: date) -> date:
    """The first day of a date's month."""
    return day.replace(day=1)


def days_of_month(month: date) -> list[date]:
    """Every day of the month that `month` lies in, in order."""
    first = month_start(month)
    end = month_start(first + timedelta(days=31))
    return [first + timedelta(days=each) for each in range((end - first).days)]


def as_date(value: date | str) -> date:
    """A date as it is, or from a deployment's JSON parameter; raises ValueError that says how to write one."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a date: write it as 2026-11-11") from error
