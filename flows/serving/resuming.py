"""Flow runs whose process died: started again for the date they were due, their slot free at once.

A killed run stays `Running` in Prefect, and its slot taken for the five minutes of its lease. Nothing a run does
is harmed by doing it again (a day run twice changes nothing), so it is put back into the queue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed, Scheduled

from flows.serving import processes
from flows.serving.environment import POOL, Service

#: A run that died this often is left crashed: something in it kills the process.
ATTEMPTS = 3
#: Names of the state in which a run waits again: after its process died, and after the service was stopped.
RESUMED, PUT_BACK = "Resumed", "Put back"
#: A run handed to the worker has this long to get a process.
STARTING = timedelta(seconds=120)


@dataclass
class Resumer:
    """Looks for dead runs; a run must be found dead twice, since its process may end a moment before it says so."""

    service: Service
    suspects: set[UUID] = field(default_factory=set)

    def look(self, client: SyncPrefectClient, at_once: bool = False, by_service: bool = False) -> list[str]:
        """Put dead runs back (or leave them crashed after ATTEMPTS); returns a sentence for each.

        `by_service`: the service stops and took its runs along, which is no fault of theirs.
        """
        if not processes.can_be_found():
            return []
        running = unfinished(client)
        alive = {each.flow_run for each in processes.served(self.service.home)}
        dead = {run.id: run for run in running if str(run.id) not in alive and (at_once or _had_time(run))}
        due = [run for id_, run in dead.items() if at_once or id_ in self.suspects]
        self.suspects = set(dead) - {run.id for run in due}
        return [_resume(client, run, by_service=by_service) for run in due]


def unfinished(client: SyncPrefectClient) -> list[FlowRun]:
    """Runs of the pool that are running or handed out."""
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(
            {"state": {"type": {"any_": [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]}}}
        ),
        work_pool_filter=WorkPoolFilter.model_validate({"name": {"any_": [POOL]}}),
    )


def _had_time(run: FlowRun) -> bool:
    """Whether a run without a process has had the time to get one."""
    if run.state is None or run.state.type != StateType.PENDING:
        return True
    return datetime.now(UTC) - run.state.timestamp > STARTING


def deaths(client: SyncPrefectClient, run: FlowRun) -> int:
    """How often the process of a run has died, this time included; what the service took along is not counted."""
    return 1 + sum(state.name == RESUMED for state in client.read_flow_run_states(run.id))


def _resume(client: SyncPrefectClient, run: FlowRun, *, by_service: bool = False) -> str:
    was = f"{run.name} (due {run.expected_start_time:%Y-%m-%d %H:%M}Z)"
    if run.state and run.state.type == StateType.CANCELLING:
        client.set_flow_run_state(run.id, Crashed(message="cancelled, and its process is gone"), force=True)
        return f"{was} was being cancelled and is gone"
    if by_service:
        client.set_flow_run_state(
            run.id, Scheduled(name=PUT_BACK, message="the service was stopped; it is run again"), force=True
        )
        return f"{was} ended with the service and is run again"
    if (died := deaths(client, run)) >= ATTEMPTS:
        client.set_flow_run_state(run.id, Crashed(message=f"its process died {died} times"), force=True)
        return f"{was} died {died} times and is left crashed: see its log"
    client.set_flow_run_state(
        run.id, Scheduled(name=RESUMED, message="its process died; it is run again"), force=True
    )
    return f"{was} had lost its process and is run again"
