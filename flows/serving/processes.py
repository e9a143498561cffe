"""Processes of a service: started with their output in a log file, found by their mark, stopped for certain."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flows.serving.environment import MARK

#: A log of more than this is put aside (one older copy is kept) when the service starts.
LOG_BYTES = 20_000_000
_PROC = Path("/proc")
_FLOW_RUN = b"PREFECT__FLOW_RUN_ID="
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Served:
    """A process that belongs to a served home, and the flow run it works on, if any."""

    pid: int
    flow_run: str | None


def start(
    name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: an interrupt at the terminal reaches only the service itself.

    On Linux the child is told to end when the service dies, even by SIGKILL.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".1.log"))
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def end_with_parent() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )


def served(home: Path) -> list[Served]:
    """Every process that bears the mark of this home, by its environment; none where there is no /proc."""
    mark = f"{MARK}={home}".encode()
    found = []
    for folder in _PROC.glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            state = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        except OSError:  # gone meanwhile, or somebody else's
            continue
        if mark in environment and int(folder.name) != os.getpid() and state != "Z":
            runs = [each.removeprefix(_FLOW_RUN) for each in environment if each.startswith(_FLOW_RUN)]
            found.append(Served(int(folder.name), runs[0].decode() if runs else None))
    return found


def can_be_found() -> bool:
    """Whether this system shows the environment of processes."""
    return (_PROC / "self" / "environ").exists()


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to processes; those gone meanwhile are gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def wait(condition: Callable[[], bool], seconds: float, step: float = 0.2) -> bool:
    """Whether a condition came to hold within a time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True
