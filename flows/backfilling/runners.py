"""Where days are prepared: threads or processes of this machine, or an engine that is already there."""

from __future__ import annotations

import os
from typing import Any

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows.errors import UsageProblem

THREADS, PROCESSES, DASK, RAY = "threads", "processes", "dask", "ray"
RUNNERS = (THREADS, PROCESSES, DASK, RAY)
#: Engines whose workers have processors of their own.
_ELSEWHERE = (DASK, RAY)


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_workers() -> int:
    """Days prepared at a time where nobody says: half the processors, since loading needs some as well."""
    return max(1, cores() // 2)


def readers(runner: str, workers: int) -> int | None:
    """Reading processes of each worker, so that all of them together fill this machine once.

    None: a worker on another machine knows its own processors.
    """
    return None if runner in _ELSEWHERE else max(1, cores() // workers)


def chosen(runner: str, workers: int, address: str | None) -> TaskRunner[Any]:
    """The task runner of Prefect that a name stands for; to be entered before tasks are submitted.

    Raises UsageProblem for an unknown name, an address where none belongs, or a library that is not installed.
    """
    if runner not in RUNNERS:
        raise UsageProblem(f"--runner {runner!r} is not one of {', '.join(RUNNERS)}.")
    if address and runner not in _ELSEWHERE:
        raise UsageProblem(f"--address belongs to --runner dask or ray; {runner} are of this machine.")
    if runner == THREADS:
        return ThreadPoolTaskRunner(max_workers=workers)
    if runner == PROCESSES:
        return ProcessPoolTaskRunner(max_workers=workers)
    return _dask(workers, address) if runner == DASK else _ray(workers, address)


def _dask(workers: int, address: str | None) -> TaskRunner[Any]:
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise UsageProblem(_not_installed("Dask", "dask")) from error
    own = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    made: TaskRunner[Any] = DaskTaskRunner(address=address) if address else DaskTaskRunner(cluster_kwargs=own)
    return made


def _ray(workers: int, address: str | None) -> TaskRunner[Any]:
    # Under `uv run`, Ray would have every worker packed a copy of the working folder and an environment made in it.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        from prefect_ray.task_runners import RayTaskRunner
    except ImportError as error:
        raise UsageProblem(_not_installed("Ray", "ray")) from error
    made: TaskRunner[Any] = (
        RayTaskRunner(address=address) if address else RayTaskRunner(init_kwargs={"num_cpus": workers})
    )
    return made


def _not_installed(name: str, extra: str) -> str:
    return (
        f"{name} is not installed here: install the extra `{extra}` (`uv sync --extra {extra}` with the extras in use) on "
        "this machine and on every worker."
    )
