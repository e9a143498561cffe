"""A process that forks children which do a piece of a day's work, and kills them. Run as a script; JSON lines.

Everything is imported once, before the first fork, and one engine of DuckDB lies idle, so that a child begins
as a new `tongguan run` does, without its seconds of imports. A child that is not told otherwise begins the day
anew, as an operator would who starts the same command again.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import pickle
import select
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dying  # beside this file

from expectations import gate
from flows import clock, stages, trouble, watching
from flows.day import DayReport
from flows.pull import pull_all
from warehouse import Home, Lake, catalogs, connection
from warehouse.documents import CommitSummary

#: The clock stands still but where a job lets it jump.
NOW = datetime(2026, 11, 13, 1)
KEPT_CHECKS = ("validations.json", "findings.parquet", "rejected.parquet")


class Child:
    """What one child does; tells every stage that ended on the pipe."""

    def __init__(self, job: dict[str, Any], tell: int) -> None:
        self.job, self.tell = job, tell
        self.home, self.zone = Path(job["home"]), job["zone"]
        self.day = date.fromisoformat(job["day"])
        self.run: stages.Run | None = None

    def say(self, **what: Any) -> None:
        os.write(self.tell, (json.dumps(what) + "\n").encode())

    def work(self) -> None:
        """The stages asked for, in the flow's order (flows.daily.publish_day)."""
        if again := self.job.get("run_id"):  # the next try of a task of the same run
            self.run = stages.Run(self.home, self.zone, self.day, again, clock.now())
        else:
            self.run = stages.begin(self.home, self.zone, self.day)
            stages.mark(self.run, None)
        run, report = self.run, DayReport(self.run.run_id, self.zone, self.day)
        self.say(run_id=run.run_id)
        inbox = self.job["inbox"]
        kept = Path(self.job["checked"]) if self.job.get("checked") else None
        _check_once(kept)

        def close() -> None:
            # A run that is taken up again does not know what its stages did before: it changed something.
            report.files_new = 1
            stages.close(run, report)

        steps: dict[str, Callable[[], object]] = {
            "land": lambda: stages.land(run, pull_all(run, inbox)),
            "read": lambda: stages.read(run),
            "validate": lambda: stages.validate(run),
            "commit": lambda: setattr(report, "committed", stages.commit(run)),
            "mend": lambda: stages.take_in_mended(run),
            "link": lambda: stages.link(run),
            "measure": lambda: setattr(report, "vintages", stages.measure(run)),
            "publish": lambda: stages.publish(run),
            "tidy": lambda: stages.tidy(run, report),
            "close": close if again else lambda: stages.close(run, report),
            "watch": lambda: watching.after_run(run),
            "seal": lambda: stages.seal(run),
        }
        names = list(steps)
        first, last = names.index(self.job.get("first", "land")), names.index(self.job.get("last", "seal"))
        for name in names[first : last + 1]:
            began = time.perf_counter()
            steps[name]()
            self.say(stage=name, seconds=time.perf_counter() - began)


def _check_once(kept: Path | None) -> None:
    """Great Expectations takes longer than all else: the same files are checked once and the result is kept."""
    if kept is None:
        return
    check = gate.check

    def checked(con: Any, folder: Path, *rest: Any, **options: Any) -> gate.GateReport:
        outcomes = (folder / "outcomes.json").read_bytes()
        if outcomes.strip() in (b"[]", b""):
            return check(con, folder, *rest, **options)
        if not (kept / "report.pickle").exists():
            report = check(con, folder, *rest, **options)
            kept.mkdir(parents=True)
            for name in KEPT_CHECKS:
                shutil.copy(folder / name, kept / name)
            (kept / "report.pickle").write_bytes(pickle.dumps(report))
            return report
        for name in KEPT_CHECKS:
            shutil.copy(kept / name, folder / name)
        return pickle.loads((kept / "report.pickle").read_bytes())

    gate.check = checked


def _jumping(jumps: list[float]) -> None:
    """Every look at the clock finds it set forward or back, by so many hours; but not while documents are stored."""
    turn, commit = itertools.cycle(jumps), stages.commit
    clock.now = lambda: NOW + timedelta(hours=next(turn))

    def steady(run: stages.Run) -> CommitSummary:
        jumping, clock.now = clock.now, lambda: NOW
        try:
            return commit(run)
        finally:
            clock.now = jumping

    stages.commit = steady


def child(job: dict[str, Any], tell: int) -> None:
    """In the child: patch the clock or a point of death in, work, say how it ended."""
    mine = Child(job, tell)
    try:
        clock.now = lambda: NOW  # how late a document came is a figure: no two homes may differ in it
        if jumps := job.get("clock"):
            _jumping(jumps)
        if impatient := job.get("busy_ms"):
            catalogs.BUSY_MS, connection.COMMIT_ATTEMPTS = impatient, 2
        if job.get("point"):
            dying.arm(job["point"])
        mine.say(began=True)
        mine.work()
        mine.say(ended="done")
    except BaseException as error:
        sentence = trouble.told(error, Home(mine.home))
        if mine.run:  # as flows.daily.one_day
            stages.stopped(mine.run, DayReport(mine.run.run_id, mine.zone, mine.day), error, sentence)
        mine.say(ended="error", error=str(error), sentence=sentence, trace=traceback.format_exc())


def _threads() -> list[str]:
    return [(each / "comm").read_text().strip() for each in Path("/proc/self/task").iterdir()]


def _warm(home: Path) -> None:
    """Load what every child needs; leaves one idle engine without threads of its own for children to inherit."""
    gate.preload()
    importlib.import_module("prefect.events")
    importlib.import_module("reports.status_page")
    before = len(_threads())  # of allocators, which expect forks
    with Lake.read(Home(home)) as lake:
        lake.con.execute("SELECT count(*) FROM wh.ledger.files").fetchall()
    assert len(_threads()) == before, f"a fork would lose all but one of {_threads()}"


def serve() -> None:
    """Answer every job on standard input with what its child told."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _warm(Path(sys.argv[1]))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        hear, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(hear)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            child(job, tell)
            os._exit(0)
        os.close(tell)
        print(json.dumps(_heard(pid, hear, job.get("kill_after"))), flush=True)


def _heard(pid: int, hear: int, kill_after: float | None) -> dict[str, Any]:
    """What the child tells until it ends, or until it is killed `kill_after` seconds after it began."""
    told, rest, deadline = b"", None, None
    os.set_blocking(hear, False)
    while True:
        rest = None if deadline is None else max(0.0, deadline - time.perf_counter())
        ready, _, _ = select.select([hear], [], [], rest)
        if not ready:
            os.kill(pid, signal.SIGKILL)
            deadline = None
            continue
        chunk = os.read(hear, 1 << 16)
        if not chunk:
            break
        if kill_after is not None and not told:
            deadline = time.perf_counter() + kill_after
        told += chunk
    os.close(hear)
    _, status = os.waitpid(pid, 0)
    answer: dict[str, Any] = {"stages": {}, "killed": os.WIFSIGNALED(status)}
    for line in told.decode().splitlines():
        said = json.loads(line)
        if "stage" in said:
            answer["stages"][said["stage"]] = said["seconds"]
        else:
            answer.update(said)
    return answer


if __name__ == "__main__":
    serve()
