"""The revise flow: dates a week and a month old are looked at once more, on the day their revision is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State

from flows import schedule
from flows.daily import one_day
from flows.day import DayReport
from flows.ending import ended
from flows.errors import DayStopped
from flows.settings import home_path
from transforms.revisions import HORIZONS
from warehouse import Home, Lake, missing

#: Days after the business date; D+1 is the daily run's own.
AGES = tuple(age for age in HORIZONS if age > 1)


@flow(name="revise", flow_run_name=schedule.named, validate_parameters=False)
def revise(
    zone: str,
    on: str | None = None,
    ages: list[int] | None = None,
    inbox: str | None = None,
    home: str | None = None,
) -> State[list[DayReport]]:
    """Pull what came late, link it, and publish the dates that are 7 and 30 days old again where figures changed.

    The ages are counted from the date on which the run was due (`on` names another), so that what comes of it
    stands in the figures "after D+7" and "after D+30" of `tongguan revisions`. A date that has no final figures
    is left to the daily run, which fills it. A date that stops is named at the end; the other is done first.
    """
    base = home_path(Path(home) if home else None)
    today = schedule.as_date(on) if on else schedule.day_of(schedule.due_at())
    reports, failures = [], []
    for day in dates_due(base, zone, today, ages or AGES):
        try:
            reports.append(one_day(base, zone, day, inbox))
        except Exception as error:  # raised below, when the other date has had its turn
            failures.append(f"{day}: {type(error).__name__}: {error}")
    if failures:
        raise DayStopped(f"{zone}: not revised: " + "; ".join(failures))
    if not reports:
        get_run_logger().info("%s: no date with final figures is due on %s", zone, today)
    return ended(
        reports,
        [(kind, f"{each.business_date}: {said}") for each in reports for kind, said in each.problems()],
    )


def dates_due(home: Path, zone: str, today: date, ages: Sequence[int]) -> list[date]:
    """Dates of these ages that have final figures, oldest first. Raises WarehouseMissingError."""
    days = sorted(today - timedelta(days=age) for age in ages)
    with Lake.read(Home(home)) as lake:
        unsettled = missing.marks(lake, zone, days)
    return [day for day in days if day not in unsettled]
