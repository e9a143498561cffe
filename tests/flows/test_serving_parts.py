"""Parts of the service without a server: deployments that cannot be made, runs that died and runs that were stopped."""

import subprocess
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import State, StateType

from flows.errors import DayStopped
from flows.serving import deploying, resuming


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (subprocess.CompletedProcess([], 1, "", "database is locked"), "database is locked"),
        (subprocess.TimeoutExpired("prefect", 600), "within 600 s"),
    ],
)
def test_deployments_that_cannot_be_made_now_are_tried_again_by_another_start(
    outcome: Any, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, **__: object) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(deploying.subprocess, "run", run)
    with pytest.raises(DayStopped, match=says):  # exit code 3: the unit starts the service again
        deploying.deploy(["zhengzhou-daily"], {})


class Server:
    """Keeps the states of one flow run, as Prefect's server does."""

    def __init__(self) -> None:
        self.states: list[State] = []

    def read_flow_run_states(self, _: object) -> list[State]:
        return self.states

    def set_flow_run_state(self, _: object, state: State, *, force: bool) -> None:
        self.states.append(state)


def test_a_run_that_was_stopped_with_the_service_has_not_died() -> None:
    server = Server()
    run: Any = SimpleNamespace(
        id=uuid4(),
        name="zhengzhou 2026-11-10",
        expected_start_time=datetime(2026, 11, 10, 22, 30, tzinfo=UTC),
        state=State(type=StateType.RUNNING),
        run_count=9,
    )
    client: Any = server
    for _ in range(4):
        assert "ended with the service and is run again" in resuming._resume(client, run, by_service=True)
    said = [resuming._resume(client, run) for _ in range(3)]
    assert [each.endswith("is run again") for each in said] == [True, True, False]
    assert "died 3 times and is left crashed" in said[2] and server.states[-1].type == StateType.CRASHED
