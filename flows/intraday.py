"""The intraday flow: the figures of the day still going on, marked as provisional."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import schedule
from flows.daily import one_day
from flows.day import DayReport
from flows.ending import ended
from flows.settings import home_path
from warehouse import Home, Lake, missing
from warehouse.errors import WarehouseMissingError


@flow(name="intraday", flow_run_name=schedule.named, validate_parameters=False)
def intraday(
    zone: str, business_date: str | None = None, inbox: str | None = None, home: str | None = None
) -> State[DayReport | None]:
    """Load what came and publish the figures of the present day, each marked provisional.

    Without `business_date` the date is that of the time the run was due, in Asia/Shanghai. Only this date is
    published: what the documents change elsewhere waits for the daily run, which also publishes the final
    figures of this day. A date that has final figures already (a run found after an outage) is left alone (None).
    """
    base = home_path(Path(home) if home else None)
    day = schedule.as_date(business_date) if business_date else schedule.day_of(schedule.due_at())
    if is_final(base, zone, day):
        get_run_logger().info("%s %s has final figures already: nothing to do", zone, day)
        return Completed(message="has final figures already", data=None)
    report = one_day(base, zone, day, inbox, provisional=True)
    return ended(report, report.problems())


def is_final(home: Path, zone: str, day: date) -> bool:
    """Whether a date has final figures; not in a home that has no warehouse yet."""
    try:
        with Lake.read(Home(home)) as lake:
            return not missing.marks(lake, zone, [day])
    except WarehouseMissingError:
        return False
