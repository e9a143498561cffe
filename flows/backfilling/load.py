"""Loading prepared days: commit, link, measure, one after the other in date order, as daily runs would.

Each stage takes the writer's lock for itself, so that a daily run comes in between. The figures of a day
and of the earlier dates it restates are one transaction: nobody sees a part of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from flows import clock, stages, trouble
from flows.backfilling.failures import WORDED, hopeless, sentence
from flows.backfilling.plan import Step
from flows.backfilling.prepare import Prepared, forget
from flows.day import DayReport
from flows.errors import DayStopped
from flows.progress import Stopwatch
from flows.stages import Anew, Run
from warehouse import Home, Lake, backfills
from warehouse.backfills import DONE, FAILED, Asked, DayOutcome

Result = TypeVar("Result")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """One day as it came out: its outcome, and its report where it was done."""

    outcome: DayOutcome
    report: DayReport | None = None
    lists: int = 0  # customs lists read for it
    documents: int = 0
    seconds: float = 0.0  # of loading
    prepared_seconds: float = 0.0


def load(asked: Asked, step: Step, prepared: Prepared, anew: Anew | None = None) -> Iterator[Loaded]:
    """Load what was prepared and publish its days in order; each is in the ledger before it is yielded.

    The lists of the days in `anew` are computed again before their figures.

    A day that fails is yielded as failed. Raises DayStopped where no further day would fare better.
    """
    run = prepared.run
    if run is None:
        yield from failed(asked, step, step.days, prepared.failure or "it was not prepared")
        return
    watch = Stopwatch()
    report = DayReport(run.run_id, run.zone, run.business_date)
    try:
        _store(run, report)
    except Exception as error:
        yield from failed(asked, step, step.days, _told(run, report, error), run)
        return
    for day in step.days:
        if day != step.first:
            run, watch = stages.following(run, day), Stopwatch()
            report = DayReport(run.run_id, run.zone, day)
        try:
            closed = _publish(run, report, anew)
        except Exception as error:
            yield from failed(asked, step, [day], _told(run, report, error), run)
            continue
        outcome = DayOutcome(day, DONE, None, step.mark(day), run.run_id)
        enter(asked, step.home, [outcome])
        own = prepared if day == step.first else Prepared(None)
        yield Loaded(outcome, closed, own.lists, own.documents, watch.seconds(), own.seconds)
    forget(prepared.run or run)


def failed(
    asked: Asked, step: Step, days: Sequence[date], reason: str, run: Run | None = None
) -> Iterator[Loaded]:
    """Enter days as failed."""
    outcomes = [DayOutcome(day, FAILED, reason, step.mark(day), run.run_id if run else None) for day in days]
    enter(asked, step.home, outcomes)
    yield from map(Loaded, outcomes)


def enter(asked: Asked, home: Path, outcomes: Sequence[DayOutcome]) -> None:
    """Keep what became of days in the ledger; what fails here is the lake."""
    with Lake.write(Home(home), zone=asked.zone) as lake:
        backfills.note(lake, asked, outcomes, clock.now())


def _store(run: Run, report: DayReport) -> None:
    """Documents into the lake, lists up to date."""
    report.committed = _timed(report, "commit", lambda: stages.commit(run))
    report.mended = _timed(report, "mend", lambda: stages.take_in_mended(run))
    _timed(report, "link", lambda: stages.link(run))


def _publish(run: Run, report: DayReport, anew: Anew | None) -> DayReport:
    """Figures of the day and of the dates it restates, in one transaction; the record of the run."""
    if anew and run.business_date in anew.days:
        _timed(report, "link anew", lambda: stages.link_anew(run))
    report.vintages = _timed(report, "measure", lambda: stages.measure(run, anew))
    _timed(report, "tidy", lambda: stages.tidy(run, report))
    return stages.close(run, report)


def _timed(report: DayReport, name: str, work: Callable[[], Result]) -> Result:
    watch = Stopwatch()
    result = work()
    report.stages[name] = round(watch.seconds(), 3)
    return result


def _told(run: Run, report: DayReport, error: Exception) -> str:
    """The failure of a day as a sentence, kept as a stopped run. Raises DayStopped where no day would fare better."""
    if hopeless(error):
        told = trouble.told(error, run.store)
        stages.stopped(run, report, error, told)
        raise stop(run.zone, run.business_date, error, told) from error
    if not isinstance(error, WORDED):
        log.error("%s %s failed", run.zone, run.business_date, exc_info=error)
    stages.stopped(run, report, error, sentence(error))
    return sentence(error)


def stop(zone: str, day: date, error: Exception, told: str | None = None) -> DayStopped:
    """The end of a backfill at a day, with what to do next; `told` says it where the machine is at fault."""
    return DayStopped(
        f"{zone} {day}: {told or sentence(error)}. The days before are done; mend this and start the backfill again, "
        "it goes on here"
    )
