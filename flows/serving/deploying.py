"""The deployments of prefect.yaml: made or brought up to date, those of zones not served taken away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectAlreadyExists

from flows.errors import DayStopped
from flows.serving.declared import FILE
from flows.serving.environment import CODE, POOL

#: Two dozen deployments take 20 s on two idle cores.
SECONDS = 600


def deploy(names: Collection[str], environment: Mapping[str, str]) -> None:
    """Make or update these deployments. Raises DayStopped with what Prefect says where it fails.

    The file is our own and the server may be slow or busy: another start may succeed, so the exit code is not that of
    a wrong configuration, after which the service is not started again.
    """
    selected = [part for name in names for part in ("--name", name)]
    command = [prefect(), "--no-prompt", "deploy", "--prefect-file", str(FILE), *selected]
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            cwd=CODE,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DayStopped(
            f"prefect.yaml was not deployed within {SECONDS} s: see the log of the server, and start the service again "
            "when the machine is less busy"
        ) from error
    if done.returncode:
        raise DayStopped(
            "prefect.yaml was not deployed; mend what Prefect says and start the service again:\n"
            f"{(done.stdout + done.stderr)[-2000:]}"
        )


def make_pool(client: SyncPrefectClient) -> None:
    """The pool of process workers, made where it is not there, and taking runs (the last stop paused it)."""
    try:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
    except ObjectAlreadyExists:
        pause_pool(client, paused=False)


def pause_pool(client: SyncPrefectClient, *, paused: bool) -> None:
    """Have the worker take no more runs, or take them again."""
    client.update_work_pool(POOL, WorkPoolUpdate(is_paused=paused))


def remove_others(client: SyncPrefectClient, names: Collection[str]) -> list[str]:
    """Delete deployments of the pool that are not among `names`; returns their names. Their runs stay known."""
    there: list[DeploymentResponse] = []
    page = 100
    while found := client.read_deployments(limit=page, offset=len(there)):
        there += found
    gone = [each for each in there if each.work_pool_name == POOL and each.name not in names]
    for each in gone:
        client.delete_deployment(each.id)
    return [each.name for each in gone]


def prefect() -> str:
    """The program beside this Python."""
    return str(Path(sys.executable).with_name("prefect"))
