"""`tongguan serve` for real: server, worker, every deployment, a killed worker, and nothing left behind.

uv run pytest -m long -n 0 tests/flows/test_serve.py
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.ending import LOOK_AT, NOT_WELL
from flows.serving import processes
from flows.serving.environment import CODE
from sources.simulator import simulate
from sources.zone import Zone
from warehouse import Home, Lake, alerts

pytestmark = pytest.mark.long
ZONE, DAY = "zhengzhou", date(2025, 3, 31)
DUE = "2025-03-31T22:30:00+00:00"  # 06:30 in Beijing on the day after
#: How a run of the first day a zone delivers ends: nothing can be signed on it.
NOTHING_SIGNED = f"{NOT_WELL}: gap: {DAY}: no documents of CEB513, CEB514"


class Serve:
    """A service under test; everything it says is kept."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.home, self.said = home, home.with_suffix(".log")
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.process = self.start()

    def command(self) -> list[str]:
        options = ["--home", str(self.home), "--port", str(self.port), "--zones", ZONE, "--grace", "3"]
        return [sys.executable, "-m", "flows.cli", "serve", *options]

    def start(self) -> subprocess.Popen[bytes]:
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(self.command(), stdout=out, stderr=out, cwd=CODE)
        until(lambda: "serving" in self.text() or self.process.poll() is not None, 240)
        assert self.process.poll() is None, self.text()
        return self.process

    def text(self) -> str:
        return self.said.read_text()

    def ask(self, path: str, body: Any = None) -> Any:
        """The answer of the server's API; asked again where its database was busy (503), as Prefect's own client does."""
        for _ in range(5):
            try:
                return self._answer(path, body)
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                time.sleep(2)
        return self._answer(path, body)

    def _answer(self, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def run(self, kind: str, due: str, **parameters: Any) -> str:
        """Ask for a run of a deployment that was due then; its id."""
        name = f"{ZONE}-{kind}"
        (found,) = [each for each in self.ask("/deployments/filter", {}) if each["name"] == name]
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due}}
        body = {"parameters": {"zone": ZONE, **parameters}, "state": state}
        return str(self.ask(f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def run_daily(self, due: str, inbox: Path) -> str:
        return self.run("daily", due, inbox=str(inbox))

    def ended(self, run: str) -> str:
        """Name and message of the state in which a run ended."""
        until(lambda: self.state(run) in ("COMPLETED", "FAILED", "CRASHED"), 240)
        state = self.ask(f"/flow_runs/{run}")["state"]
        return f"{state['name']}: {state['message']}"

    def state(self, run: str) -> str:
        return str(self.ask(f"/flow_runs/{run}")["state_type"])


def until(condition: Callable[[], bool], seconds: float) -> float:
    begin = time.monotonic()
    assert processes.wait(condition, seconds, step=0.5), f"not within {seconds} s"
    return time.monotonic() - begin


def published(home: Path) -> list[tuple[date, int, str]]:
    """Of the day asked for: the schedules run for real, and publish the hour that strikes meanwhile as provisional."""
    with Lake.read(Home(home)) as lake:
        book = f"SELECT business_date, vintage, reason FROM wh.metrics.vintages WHERE business_date = DATE '{DAY}' ORDER BY ALL"
        return lake.con.execute(book).fetchall()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    running = Serve(tmp_path / "home")
    yield running
    if running.process.poll() is None:
        running.process.terminate()
        running.process.wait(60)
    for each in processes.served(running.home):
        os.kill(each.pid, signal.SIGKILL)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    simulate(tmp_path / "x", Zone.load(ZONE), DAY, DAY, 20, 1, "jsonl", {})
    return tmp_path / "x" / DAY.isoformat()


def test_a_service_from_start_to_stop(serve: Serve, inbox: Path) -> None:
    declared = [
        each["name"]
        for each in yaml.safe_load((CODE / "prefect.yaml").read_text())["deployments"]
        if each.get("parameters", {}).get("zone") in (None, ZONE)
    ]
    made = serve.ask("/deployments/filter", {})
    assert sorted(each["name"] for each in made) == sorted(declared)
    assert {each["concurrency_options"]["collision_strategy"] for each in made} == {"ENQUEUE"}
    assert {at["schedule"]["timezone"] for each in made for at in each["schedules"]} == {"Asia/Shanghai"}

    # A day that was due long ago is the day of then.
    first = serve.run_daily(DUE, inbox)
    assert serve.ended(first).startswith(NOTHING_SIGNED), "it is published, and is not green"
    assert serve.state(first) == "FAILED"
    assert published(serve.home) == [(DAY, 1, "publication")]

    second = subprocess.run(serve.command(), capture_output=True, text=True, cwd=CODE, check=False)
    assert second.returncode == 2
    assert f"served already by process {serve.process.pid} at {serve.api}" in second.stderr.replace("\n", "")

    serve.process.terminate()
    assert serve.process.wait(60) == 0, serve.text()
    assert processes.served(serve.home) == []
    assert not (serve.home / "serve.json").exists()


def test_every_deployment_does_its_work(serve: Serve, inbox: Path, tmp_path: Path) -> None:
    """A day from the hour that goes on to its revision, its month, the upkeep, and a watchdog that sees a missing day."""
    (rows,) = sorted(inbox.glob("*CEB621*"))
    lines = rows.read_text(encoding="utf-8").splitlines(keepends=True)
    early, late = tmp_path / "early", tmp_path / "late"
    shutil.copytree(inbox, early)
    (early / rows.name).write_text("".join(lines[:-3]), encoding="utf-8")
    late.mkdir()
    (late / rows.name).write_text("".join(lines[-3:]), encoding="utf-8")

    def done(kind: str, due: str, **parameters: Any) -> str:
        end = serve.ended(serve.run(kind, due, **parameters))
        assert end.split(":")[0] in ("Completed", LOOK_AT, NOT_WELL), (kind, end, serve.text())
        return end

    def vintages() -> list[tuple[int, str, bool]]:
        with Lake.read(Home(serve.home)) as lake:
            return lake.con.execute(
                "SELECT vintage, reason, provisional FROM wh.metrics.vintages "
                f"WHERE business_date = DATE '{DAY}' ORDER BY vintage"
            ).fetchall()

    done("intraday", "2025-03-31T13:05:00+00:00", inbox=str(early))  # 21:05 of the day itself
    assert [each[2] for each in vintages()] == [True]
    assert done("daily", DUE, inbox=str(early)).startswith(NOTHING_SIGNED)
    assert [each[2] for each in vintages()] == [True, False]
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    done("monthly", "2025-03-01T00:00:00+00:00", inbox=str(nothing))  # a Saturday: not its turn
    assert not list(serve.home.glob("published/monthly/*"))
    done("monthly", "2025-04-01T00:00:00+00:00", inbox=str(nothing))
    assert (serve.home / "published" / "monthly" / f"{ZONE}-2025-03.csv").is_file()
    done("revise", "2025-04-07T04:30:00+00:00", inbox=str(late))  # 12:30, seven days after
    assert vintages()[2:] == [(3, "late data", False)]
    done("maintenance", "2025-04-07T18:30:00+00:00")
    done("backfill", DUE, first=str(DAY), last=str(DAY), inbox=str(inbox), reason="by hand", force=True)
    with Lake.read(Home(serve.home)) as lake:
        assert lake.con.execute("SELECT reason FROM wh.ledger.backfills").fetchall() == [("by hand",)]
        assert lake.con.execute("SELECT count(*) FROM wh.documents.import_lists").fetchone() == (len(lines),)
    end = serve.ended(serve.run("watchdog", "2025-04-08T02:20:00+00:00"))
    assert end.startswith("Failed: ") and "alerts stand" in end
    with Lake.read(Home(serve.home)) as lake:
        unseen = alerts.read(lake.con, "kind = 'nothing_happened' AND business_date = DATE '2025-04-07'")
    assert len(unseen) == 1, "the seventh was due in the morning of the eighth and was not run"


def test_a_run_goes_on_after_its_worker_was_killed(serve: Serve, inbox: Path) -> None:
    run = serve.run_daily(DUE, inbox)
    until(lambda: serve.state(run) == "RUNNING", 180)
    (worker,) = re.findall(r"worker (\d+)", " ".join(map(described, processes.served(serve.home))))
    killed = time.monotonic()
    os.kill(int(worker), signal.SIGKILL)
    assert serve.process.wait(60) == 3
    assert f"the worker (process {worker}) ended by signal 9" in " ".join(serve.text().split())
    assert processes.served(serve.home) == [], "nothing goes on behind its back"
    stopped = time.monotonic() - killed

    # Started again, the run goes on by itself, for the day it was due.
    serve.start()
    waited = until(lambda: serve.state(run) in ("RUNNING", "FAILED"), 60)
    assert serve.ended(run).startswith(NOTHING_SIGNED)
    assert published(serve.home) == [(DAY, 1, "publication")]
    print(f"stopped {stopped:.0f} s after the kill; running again {waited:.0f} s after the start")


def described(each: processes.Served) -> str:
    """`worker 123` for the worker, else its command."""
    command = Path(f"/proc/{each.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return f"worker {each.pid}" if " worker start " in command else command
