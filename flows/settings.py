"""Where a run lives and how Prefect behaves, from the environment and nowhere else.

`TONGGUAN_HOME` (default `./.tongguan`) is the home; Prefect keeps its own state inside it unless
`PREFECT_HOME` or `PREFECT_API_URL` say otherwise, so that a run needs no server and leaves no trace
outside the home.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from flows.serving.environment import served_by

DEFAULT_HOME = ".tongguan"

#: Telemetry off, and the start-up and shut-down chatter of the in-process server kept off the
#: terminal; a worker, whose environment sets these itself, is left alone (setdefault).
_PREFECT_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    # The in-process server takes 12-20 s on two idle cores; the default of 20 s fails on a busy machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "300",
}

#: How Prefect's records of a failed run or task begin; each of them bears the whole trace, or says it once more.
_TOLD_ANYWAY = ("Encountered exception during execution", "Task run failed with", "Finished in state")


def home_path(given: Path | None = None) -> Path:
    """The home: the option given, else `TONGGUAN_HOME`, else `./.tongguan`."""
    return (given or Path(os.environ.get("TONGGUAN_HOME") or DEFAULT_HOME)).resolve()


def _not_told_anyway(record: logging.LogRecord) -> bool:
    """Whether a record says what the command line does not: it tells each error itself, as a sentence or whole."""
    return not record.getMessage().startswith(_TOLD_ANYWAY)


def prepare_prefect(home: Path) -> None:
    """Set Prefect's environment; must run before the first import of prefect.

    Where the home is served (`tongguan serve`), a run by hand is told to that server, so that it is seen there.
    """
    os.environ.setdefault("PREFECT_HOME", str(home / "prefect"))
    if service := served_by(home):
        os.environ.setdefault("PREFECT_API_URL", service["api"])
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_not_told_anyway)
    default_prefect()


def default_prefect() -> None:
    """The settings that hold for every home; Prefect reads them once, at its first import."""
    for name, value in _PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)
