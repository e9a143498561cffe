"""What the server, the worker and every flow run are told by their environment; see docs/decisions/0027."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

import flows

#: Marks every process that belongs to the serving of a home, so that none can be left behind.
MARK = "TONGGUAN_SERVED_HOME"
#: The folder with prefect.yaml, zones/ and the packages: a clone, or the site-packages of an installation.
CODE = Path(flows.__file__).resolve().parent.parent
POOL = "tongguan"

#: Settings that hold whatever the caller's environment says: wrong ones break the service quietly.
_FIXED = {
    # Leases on disk: in memory a restarted server forgets who holds a slot, and the slot stays taken.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # A run that finds its deployment busy looks again after 10 s, not 30.
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "10",
    "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": "60",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",  # a server that is away is an error, not a reason to start another
}
#: Settings that the caller's environment may say otherwise.
_DEFAULT = {
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_WORKER_QUERY_SECONDS": "5",
    "PREFECT_API_REQUEST_TIMEOUT": "120",  # a busy machine answers slowly
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Service:
    """A serving of a home: where its server listens. `api` is what clients are told."""

    home: Path
    host: str
    port: int

    @property
    def page(self) -> str:
        """Prefect's interface, for a browser."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"

    @property
    def api(self) -> str:
        """The server's API."""
        return f"{self.page}/api"

    @property
    def logs(self) -> Path:
        """Where server and worker write."""
        return self.home / "logs"

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment of every child, over the caller's own.

        The port goes by the environment: with `prefect server start --port` the interface would go on calling
        the default port.
        """
        return {
            **_DEFAULT,
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_SERVER_UI_API_URL": self.api,
            **base,
            **_FIXED,
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_API_HOST": self.host,
            "PREFECT_SERVER_API_PORT": str(self.port),
            "TONGGUAN_HOME": str(self.home),
            "TONGGUAN_CODE": str(CODE),
            MARK: str(self.home),
        }


def note(home: Path) -> Path:
    """The file that says who serves a home; true only while the lock is held."""
    return home / "serve.json"


def lock(home: Path) -> FileLock:
    """Held by the one service of a home; frees itself when its holder dies."""
    return FileLock(home / "serve.lock")


def served_by(home: Path) -> dict[str, Any] | None:
    """`pid` and `api` of the service of a home; None where nobody serves it, whatever a dead one left behind."""
    if not note(home).exists():
        return None
    held = lock(home)
    try:
        held.acquire(timeout=0)
    except Timeout:
        said: dict[str, Any] = json.loads(note(home).read_text(encoding="utf-8"))
        return said
    held.release()
    return None
