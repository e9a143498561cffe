"""The backfill: any range of days again, prepared side by side, loaded in date order, resumable."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner

from flows import trouble
from flows.backfilling import book, plan, runners
from flows.backfilling import load as loading
from flows.backfilling import prepare as preparing
from flows.backfilling.artifact import ProgressArtifact
from flows.backfilling.failures import hopeless, sentence
from flows.backfilling.load import Loaded
from flows.backfilling.plan import Step
from flows.backfilling.prepare import Prepared
from flows.backfilling.progress import Pace, watcher
from flows.backfilling.report import BackfillReport
from flows.ending import ended
from flows.errors import DayStopped
from flows.progress import Stopwatch
from flows.schedule import as_date
from flows.settings import home_path
from warehouse import Home
from warehouse.backfills import DONE

_plain: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


@flow(name="backfill", flow_run_name="{zone} {first} to {last}", validate_parameters=False)
def backfill(
    zone: str,
    first: date | str,
    last: date | str,
    inbox: str | None = None,
    workers: int | None = None,
    reason: str | None = None,
    force: bool = False,
    home: str | None = None,
    runner: str = runners.THREADS,
    address: str | None = None,
    asked_by: str | None = None,
) -> State[BackfillReport]:
    """Load and publish every day from `first` to `last` of a zone, both included; days done before are skipped.

    The inbox is a folder (or URL) with a folder a day, as `tongguan simulate` writes, or a flat one; default the
    sources of the zone file, else `<home>/inbox/<zone>`. `workers` days are prepared at a time, on threads or
    processes of this machine or on a Dask or Ray cluster at `address`; they are loaded one after the other.
    `force` does all of them, and makes their lists anew by the rates, formulas and corrections of today. Started
    again after a kill it goes on where it was.
    """
    base = home_path(Path(home) if home else None)
    where = plan.inbox_at(base, zone, inbox)
    asked = book.ask(zone, as_date(first), as_date(last), where, reason, asked_by)
    workers = workers or runners.default_workers()
    pool = runners.chosen(runner, workers, address)
    report = BackfillReport(asked, where.sentence(), workers, runner)

    with book.only_one(base, zone):
        todo = plan.plan(
            *(base, zone, asked.first, asked.last, where),
            book.done_before(base, zone),
            force=force,
            key_check=preparing.key_check(base),
            readers=runners.readers(runner, workers),
        )
        watcher().say(f"{where.sentence()}; {todo.sentence()}")
        report.skip(todo.skipped)
        if todo.empty:
            book.nothing_to_do(base, report)
            return ended(report, report.troubles)
        try:
            book.begin(base, asked, todo)
            with pool:
                do_days(pool, todo, base, report)
            book.finish(base, report)
        except Exception as error:  # told as what stopped it, and kept as stopped: whatever it was
            book.stopped(base, report)
            raise stopping(error, base) from error
        return ended(report, report.troubles)


def stopping(error: Exception, home: Path) -> Exception:
    """What a backfill that stopped raises: trouble of the machine as the sentence that says what to do."""
    told = None if isinstance(error, DayStopped) else trouble.told(error, Home(home))
    return DayStopped(f"{told}. Days that are done are skipped") if told else error


def do_days(pool: TaskRunner[Any], todo: plan.Plan, home: Path, report: BackfillReport) -> None:
    """Every step in order: load what is prepared while the next ones are being prepared."""
    watch, pace, shown = Stopwatch(), Pace(todo.days), ProgressArtifact(report.asked.zone)
    report.outcomes += book.missing(todo)
    ready = preparing.ready({each.first: each for each in todo.steps}, home, report.asked.zone)
    for step, prepared in in_order(pool, todo.steps, ready, ahead=report.workers + 1):
        for day in loading.load(report.asked, step, prepared, todo.anew):
            take(day, report, pace)
            shown.at(pace.percent)
            if day.outcome.outcome == DONE and len(report.of(DONE)) % book.REST_EVERY == 0:
                book.rest(home, report.asked, day.outcome.day)
        report.seconds = watch.seconds()
    if done := report.of(DONE):
        book.rest(home, report.asked, done[-1].day)
    report.seconds = watch.seconds()


def take(day: Loaded, report: BackfillReport, pace: Pace) -> None:
    """Count a day and show it."""
    report.add(day)
    pace.add(day)
    watcher().day(day, pace)


def in_order(
    pool: TaskRunner[Any], steps: Sequence[Step], ready: Mapping[date, Prepared], ahead: int
) -> Iterator[tuple[Step, Prepared]]:
    """Each step with what preparing it gave, in order; at most `ahead` are prepared and wait on disk.

    Raises DayStopped where preparing failed for a reason that no further day escapes.
    """
    rest = iter(steps)
    waiting: deque[tuple[Step, Prepared | PrefectFuture[Prepared]]] = deque()

    def submit() -> None:
        while len(waiting) < ahead and (step := next(rest, None)):
            known = ready.get(step.first)
            waiting.append((step, known or pool.submit(prepare_day, {"step": step})))

    submit()
    while waiting:
        step, result = waiting.popleft()
        prepared = result if isinstance(result, Prepared) else outcome_of(step, result)
        submit()
        yield step, prepared


def outcome_of(step: Step, future: PrefectFuture[Prepared]) -> Prepared:
    """What a worker gave; a fault of the program is a failure of this day only, its trace is in the log."""
    try:
        return future.result()
    except Exception as error:
        if hopeless(error):
            raise loading.stop(step.zone, step.first, error) from error
        return Prepared(None, sentence(error))


@task(name="prepare a day", task_run_name="prepare {step.zone} {step.first}", **_plain)
def prepare_day(step: Step) -> Prepared:
    """Pull, land, read and validate the files of a day; writes nothing to the lake."""
    return preparing.prepare(step)
