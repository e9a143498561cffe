"""Preparing a day: pull, land, read, validate. Heavy on the processor, writes nothing to the lake.

Runs on a worker, which may be a thread, a process or another machine that reaches the home under the same
path. What it leaves in its run's folder survives a kill and is taken up by the next start if the input is the
same.
"""

from __future__ import annotations

import hmac
import json
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from flows import stages
from flows.backfilling.failures import WORDED, hopeless, sentence
from flows.backfilling.plan import Step
from flows.errors import UsageProblem
from flows.progress import Stopwatch
from flows.pull import pull_all
from flows.stages import Run
from sources.connectors.entry import SourceDown
from sources.pulling import Pull
from sources.staging import load_outcomes
from warehouse import Home
from warehouse.home import pii_key

#: In a run's folder: whose it is, and what came of preparing it.
BEGUN, READY = "backfill.json", "prepared.json"
#: The customs lists, import and export: what days are weighed by.
LISTS = ("CEB621", "CEB603")


@dataclass(frozen=True)
class Prepared:
    """What preparing gave: a run to load, or why there is none."""

    run: Run | None
    failure: str | None = None
    lists: int = 0  # customs lists read
    documents: int = 0
    seconds: float = 0.0
    reused: bool = False


def prepare(step: Step) -> Prepared:
    """Make the files of a step ready to be loaded, under its first day. What fails is said, not raised."""
    watch = Stopwatch()
    try:
        run = _begin(step)
        stages.land(run, _pulled(step, run))
        stages.read(run, step.readers)
        stages.validate(run)
    except WORDED as error:  # anything else is a fault of the program and keeps its trace
        if hopeless(error):
            raise
        return Prepared(None, sentence(error), seconds=watch.seconds())
    outcomes = load_outcomes(run.outcomes)
    prepared = Prepared(
        run,
        lists=sum(each.rows for each in outcomes if each.kind in LISTS),
        documents=sum(each.rows for each in outcomes),
        seconds=watch.seconds(),
    )
    keep(prepared)
    return prepared


def key_check(home: Path) -> str:
    """A short mark of the personal-data key: says whether two machines have the same, nothing about it."""
    key, _ = pii_key(Home(home))
    return hmac.new(key, b"tongguan backfill", sha256).hexdigest()[:16]


def ready(plan_steps: Mapping[date, Step], home: Path, zone: str) -> dict[date, Prepared]:
    """Days that an earlier start prepared from the same input and did not load; the rest of what it left goes.

    The caller holds the zone's backfill lock.
    """
    found: dict[date, Prepared] = {}
    for place in sorted(Home(home).staging.glob(f"*/{BEGUN}")):
        begun = json.loads(place.read_text(encoding="utf-8"))
        if begun["zone"] != zone:
            continue
        prepared = _load(place.parent)
        step = plan_steps.get(prepared.run.business_date) if prepared and prepared.run else None
        if prepared and step and begun["fingerprint"] == step.fingerprint and begun["url"] == step.url:
            found[step.first] = prepared
        else:
            shutil.rmtree(place.parent)
    return found


def forget(run: Run) -> None:
    """The run is loaded: nothing of it is to be taken up again."""
    for name in (READY, BEGUN):
        (run.folder / name).unlink(missing_ok=True)


def _pulled(step: Step, run: Run) -> list[Path]:
    """The records of the pull. Raises SourceDown where a source failed: the day is not done without its files."""
    records = pull_all(run, step.url)
    if gaps := [gap for each in map(Pull.load, records) if each.failed for gap in each.gaps]:
        raise SourceDown("; ".join(gaps))
    return records


def _begin(step: Step) -> Run:
    if not Home(step.home).staging.is_dir():
        raise UsageProblem(
            f"{socket.gethostname()} does not see the home {step.home}: workers need it under the same path "
            "(the same machine, or a shared folder)"
        )
    if key_check(step.home) != step.key_check:
        raise UsageProblem(
            f"{socket.gethostname()} has another personal-data key: set TONGGUAN_PII_KEY there to the same value"
        )
    run = stages.begin(step.home, step.zone, step.first)
    mark(run, zone=step.zone, fingerprint=step.fingerprint, url=step.url)
    return run


def mark(run: Run, *, zone: str, fingerprint: str, url: str | None) -> None:
    """Say in a run's folder whose it is."""
    begun = {"zone": zone, "fingerprint": fingerprint, "url": url}
    (run.folder / BEGUN).write_text(json.dumps(begun), encoding="utf-8")


def keep(prepared: Prepared) -> None:
    """Leave what came of preparing in the run's folder, whole or not at all."""
    run = prepared.run
    assert run is not None
    record = {
        "run_id": run.run_id,
        "zone": run.zone,
        "business_date": run.business_date.isoformat(),
        "started_at": run.started_at.isoformat(),
        "lists": prepared.lists,
        "documents": prepared.documents,
        "seconds": prepared.seconds,
    }
    beside = run.folder / f".{READY}"
    beside.write_text(json.dumps(record), encoding="utf-8")
    beside.replace(run.folder / READY)


def _load(folder: Path) -> Prepared | None:
    path = folder / READY
    if not path.exists():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    run = Run(
        folder.parents[1],
        record["zone"],
        date.fromisoformat(record["business_date"]),
        record["run_id"],
        datetime.fromisoformat(record["started_at"]),
    )
    if run.folder != folder or not all(
        each.part is None or (folder / each.part).exists() for each in load_outcomes(run.outcomes)
    ):
        return None  # moved, or loaded already and killed before that was entered
    numbers = {name: record[name] for name in ("lists", "documents", "seconds")}
    return Prepared(run, reused=True, **numbers)
