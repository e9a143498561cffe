"""The watchdog: finds what no run can tell, because it did not happen. No work on data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import duckdb
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows import events, stages
from flows.settings import home_path
from flows.watching import watch
from reports import status_page
from sources.zone import Zone
from warehouse import Home, running
from warehouse.errors import WarehouseError
from warehouse.status import known_zones


@flow(name="watchdog", flow_run_name="watch {zone}", validate_parameters=False)
def watchdog(
    zone: str | None = None, moment: datetime | str | None = None, home: str | None = None
) -> State[None]:
    """Judge a zone (all that were ever run, where none is named) as of the scheduled time.

    Finds a day that is due and was not run, runs that began and left no end, missing and stale data, and a
    record that does not verify. The flow run fails while any alert stands, so that it is red where one looks.
    `moment` is local Beijing time; only a person gives it.
    """
    store = Home(home_path(Path(home) if home else None))
    at = as_moment(moment) if moment else scheduled_moment()
    red = []
    for name in [zone] if zone else known_zones(store):
        due = Zone.load(name).deliveries.due_date(at)
        close_dead_flow_runs(store, name)
        try:
            watched = watch(store, name, due, at, f"watchdog-{uuid4().hex[:8]}", verify=True)
        except (duckdb.Error, WarehouseError, OSError) as error:
            status_page.broken(str(error), at, store.reports)
            raise
        events.watched(name)
        if watched.standing:
            red.append(f"{name}: {watched.sentence()}")
    return Failed(message="; ".join(red)) if red else Completed(message="no alert stands")


def as_moment(value: datetime | str) -> datetime:
    """Local Beijing time from a parameter."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(stages.BEIJING).replace(tzinfo=None) if moment.tzinfo else moment


def scheduled_moment() -> datetime:
    """The scheduled time of this flow run in Asia/Shanghai: a watchdog that starts late judges what was due then.

    Raises ValueError outside a flow run.
    """
    scheduled = flow_run.scheduled_start_time
    if scheduled is None or flow_run.id is None:
        raise ValueError("moment is needed: this watchdog was not started by a schedule")
    moment: datetime = scheduled.astimezone(stages.BEIJING)
    return moment.replace(tzinfo=None)


def close_dead_flow_runs(store: Home, zone: str) -> None:
    """Tell Prefect of runs it still calls running although their process is gone: their slots come free."""
    marks = running.marks(store, zone)
    again = {each.flow_run_id for each in marks if each.alive}  # put back by `tongguan serve` and running now
    dead = [each for each in marks if not each.alive and each.flow_run_id and each.flow_run_id not in again]
    if not dead or not events.server():
        return
    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    with get_client(sync_client=True) as client:
        for mark in dead:
            asked = client.read_flow_run(UUID(mark.flow_run_id))
            if asked.state and asked.state.is_running():
                said = f"process {mark.process} of the run {mark.run_id} is gone"
                client.set_flow_run_state(asked.id, Crashed(message=said), force=True)
