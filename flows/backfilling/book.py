"""One backfill of a zone at a time, its entry in the ledger, and what is done once in a while rather than daily."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from uuid import uuid4

import duckdb
from filelock import FileLock, Timeout

from flows import clock, stages
from flows.backfilling.plan import Inbox, Plan
from flows.backfilling.report import BackfillReport
from flows.errors import UsageProblem
from flows.options import account, refuse_reversed
from warehouse import Home, Lake, backfills, catalogs
from warehouse.backfills import FAILED, Asked

#: Publishing the analysts' copy and sealing the log once in so many days: both cost the same for one day or ten.
REST_EVERY = 10


def ask(zone: str, first: date, last: date, inbox: Inbox, reason: str | None, asked_by: str | None) -> Asked:
    """Name a backfill. Raises UsageProblem for a range that ends before it begins."""
    refuse_reversed(first, last)
    name = f"backfill-{zone}-{first:%Y%m%d}-{last:%Y%m%d}-{uuid4().hex[:8]}"
    return Asked(name, zone, first, last, inbox.name, asked_by or account(), reason or None, clock.now())


@contextmanager
def only_one(home: Path, zone: str) -> Iterator[None]:
    """Hold the zone's backfill lock, which frees itself when its holder dies. Raises UsageProblem if it is held."""
    Home(home).prepare()
    lock = FileLock(home / f"backfill-{zone}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageProblem(
            f"a backfill of {zone} is already running in {home}: wait for it, or stop it and start this one; "
            "the days it has done are skipped"
        ) from None
    try:
        with catalogs.of(Home(home)).alone(f"backfill of {zone}") as only:
            if not only:
                raise UsageProblem(
                    f"a backfill of {zone} is already running on another machine: two would measure days out of order"
                )
            yield
    finally:
        lock.release()


def done_before(home: Path, zone: str) -> dict[date, str]:
    """Days done by earlier backfills with the fingerprint of their input; makes the lake where there is none."""
    with Lake.write(Home(home), zone=zone) as lake:
        return backfills.done_before(lake, zone)


def begin(home: Path, asked: Asked, plan: Plan) -> None:
    """Enter the backfill in the ledger, with the days that have no folder."""
    with Lake.write(Home(home), zone=asked.zone) as lake:
        backfills.begin(lake, asked)
        backfills.note(lake, asked, missing(plan), clock.now())


def missing(plan: Plan) -> list[backfills.DayOutcome]:
    """Days that cannot be done, since they have no folder."""
    return [
        backfills.DayOutcome(
            day,
            FAILED,
            f"{plan.inbox.name} has no folder {day}: put the day's extracts there and start the backfill again",
        )
        for day in plan.missing
    ]


def rest(home: Path, asked: Asked, day: date) -> None:
    """Bring the analysts' copy up to date and seal the log of commits; `day` is the last one that was done."""
    run = stages.Run(home, asked.zone, day, asked.backfill_id, clock.now())
    stages.publish(run)
    stages.seal(run)


def finish(home: Path, report: BackfillReport) -> None:
    """Enter the end with the counts of days."""
    outcome = "incomplete" if report.of(FAILED) else "done"
    with Lake.write(Home(home), zone=report.asked.zone) as lake:
        backfills.finish(lake, report.asked, report.outcomes, outcome, clock.now())


def stopped(home: Path, report: BackfillReport) -> None:
    """Enter that it stopped, as far as the lake still takes it; the next start says so otherwise."""
    with suppress(duckdb.Error, OSError), Lake.write(Home(home), zone=report.asked.zone) as lake:
        backfills.finish(lake, report.asked, report.outcomes, "stopped", clock.now())


def nothing_to_do(home: Path, report: BackfillReport) -> None:
    """Keep a backfill that found every day done in backfills.jsonl: it leaves the lake as it is."""
    with (home / "backfills.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(report.as_json(), default=str, ensure_ascii=False) + "\n")
