"""The same flow with a real Prefect server (uv run pytest -m long)."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sources.simulator import simulate
from sources.zone import Zone

pytestmark = pytest.mark.long
DAY = date(2025, 3, 5)


def ask(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    command = [str(Path(sys.executable).with_name("prefect")), "server", "start", "--host", "127.0.0.1"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        url = f"http://127.0.0.1:{port}/api"
        for _ in range(180):
            try:
                urllib.request.urlopen(f"{url}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(1)
        yield url
        running.terminate()


def test_the_server_sees_every_stage_and_the_summary_of_the_day(server: str, tmp_path: Path) -> None:
    simulate(tmp_path / "x", Zone.load("zhengzhou"), DAY, DAY, 40, 1, "jsonl", {})
    command = [sys.executable, "-m", "flows.cli", "run", "--zone", "zhengzhou", "--date", str(DAY), "--json"]
    done = subprocess.run(
        [*command, "--inbox", str(tmp_path / "x"), "--home", str(tmp_path / "home")],
        env={**os.environ, "PREFECT_API_URL": server},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr  # nothing can be signed on a first day: a gap
    assert json.loads(done.stdout)["vintages"] == [[str(DAY), 1]]
    tasks = ask(f"{server}/task_runs/filter", {})
    assert {each["state_type"] for each in tasks} == {"COMPLETED"}
    names = {each["name"] for each in tasks}
    assert {each.rpartition("-")[0] for each in names} >= {"commit documents", "close the day"}
    assert "pull inbox" in names, "the source of the day bears its own name"
    (summary,) = ask(f"{server}/artifacts/filter", {})
    assert summary["key"] == "day-zhengzhou"
    assert "no documents of CEB513, CEB514" in summary["data"]
