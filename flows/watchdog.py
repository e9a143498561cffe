"""The watchdog: finds what no run can tell, because it did not happen. No work on data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

import duckdb
import httpx
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.runtime import flow_run
from prefect.states import Completed, Crashed, Failed

from flows import clock, events
from flows.settings import home_path
from flows.watching import watch
from reports import status_page
from sources import beijing
from warehouse import Home, running
from warehouse.errors import WarehouseError
from warehouse.status import known_zones
from warehouse.watching import deliveries_of


@flow(name="watchdog", flow_run_name="watch {zone}", validate_parameters=False)
def watchdog(
    zone: str | None = None, moment: datetime | str | None = None, home: str | None = None
) -> State[None]:
    """Judge a zone (all that are known, where none is named) as of the scheduled time.

    Finds a day that is due and was not run, runs that began and left no end, missing and stale data, and a
    record that does not verify. The flow run fails while any alert stands, so that it is red where one looks.
    The scheduled time says which date is due; how long runs have been going, and when an alert came and went, the
    clock. `moment` is local Beijing time and stands for both; only a person gives it.
    """
    store = Home(home_path(Path(home) if home else None))
    at = as_moment(moment) if moment else scheduled_moment()
    red = []
    for name in [zone] if zone else known_zones(store):
        due = deliveries_of(name).due_date(at)
        looked_at = at if moment else clock.now()
        try:
            watched = watch(store, name, due, looked_at, f"watchdog-{uuid4().hex[:8]}", verify=True)
        except (duckdb.Error, WarehouseError, OSError) as error:
            status_page.broken(str(error), at, store.reports)
            raise
        events.watched(name)
        said = [watched.sentence()] if watched.standing else []
        if said := [*said, *close_dead_flow_runs(store, name)]:
            red.append(f"{name}: {'; '.join(said)}")
    return Failed(message="; ".join(red)) if red else Completed(message="no alert stands")


def as_moment(value: datetime | str) -> datetime:
    """Local Beijing time from a parameter."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return beijing.local(moment) if moment.tzinfo else moment


def scheduled_moment() -> datetime:
    """The scheduled time of this flow run in Asia/Shanghai: a watchdog that starts late judges what was due then.

    Raises ValueError outside a flow run.
    """
    scheduled = flow_run.scheduled_start_time
    if scheduled is None or flow_run.id is None:
        raise ValueError("moment is needed: this watchdog was not started by a schedule")
    return beijing.local(scheduled)


def close_dead_flow_runs(store: Home, zone: str) -> list[str]:
    """Tell Prefect of runs it still calls running although their process is gone: their slots come free.

    A run that Prefect does not know holds no slot. Returns a sentence where Prefect could not be told.
    """
    marks = running.marks(store, zone)
    again = {each.flow_run_id for each in marks if each.alive}  # put back by `tongguan serve` and running now
    dead = [each for each in marks if not each.alive and each.flow_run_id and each.flow_run_id not in again]
    if not dead or not events.server():
        return []
    try:
        with get_client(sync_client=True) as client:
            for mark in dead:
                crash(
                    client, UUID(mark.flow_run_id), f"process{mark.number} of the run {mark.run_id} is gone"
                )
    except (PrefectException, httpx.HTTPError, ValueError, RuntimeError) as error:
        return [
            f"Prefect could not be told which of {len(dead)} runs are gone ({type(error).__name__}: {error}), so they may "
            "keep others waiting; the next watchdog tries again"
        ]
    return []


def crash(client: SyncPrefectClient, flow_run_id: UUID, said: str) -> None:
    """Mark a flow run that Prefect calls running as crashed; one that it does not know is gone already."""
    try:
        asked = client.read_flow_run(flow_run_id)
    except ObjectNotFound:
        return
    if asked.state and asked.state.is_running():
        client.set_flow_run_state(asked.id, Crashed(message=said), force=True)
