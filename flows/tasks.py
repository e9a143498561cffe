"""Thin Prefect tasks over the stages, with names that read well in the interface.

Tasks take and return paths, ids and small records; never frames or connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.runtime import task_run
from prefect.states import Failed
from prefect.tasks import exponential_backoff

from flows import pull as pulling
from flows import stages, watching
from flows.day import DayReport
from flows.progress import Stopwatch, reporter
from flows.stages import Run
from flows.watching import Watched
from sources.connectors.entry import SourceDown, SourceError
from sources.pulling import Pull
from sources.zone_sources import Source
from warehouse.documents import CommitSummary
from warehouse.merging import Tidied
from warehouse.record import Sealed

Result = TypeVar("Result")

_plain: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


def timed(report: DayReport, name: str, work: Callable[[], Result], says: Callable[[Result], str]) -> Result:
    """Run a stage, note its seconds in the report, and leave its summary line."""
    watch = Stopwatch()
    result = work()
    report.stages[name] = round(watch.seconds(), 3)
    reporter().done(name, watch.seconds(), says(result))
    return result


def _may_pass(_task: object, _task_run: object, state: State[Any]) -> bool:
    """Whether another try may help: only what was raised as such, never a refusal, which could lock the account."""
    return isinstance(state.data, SourceDown)


@task(
    name="pull a source",
    task_run_name="pull {source.name}",
    retry_condition_fn=_may_pass,
    retry_delay_seconds=exponential_backoff(pulling.FIRST_DELAY_S),
    retry_jitter_factor=pulling.JITTER,
    **_plain,
)
def pull_source(run: Run, source: Source) -> Path | State[Path]:
    """Take what is new from one source. What may pass is raised, to be tried again; the rest is a gap.

    A failed source is a failed task and not a failed day: its record says why.
    """
    attempt = task_run.run_count or 1
    try:
        return pulling.pull(run, source)
    except SourceError as error:
        if isinstance(error, SourceDown) and attempt <= source.retries:
            raise
        pulling.give_up(run, source, error, attempt)
        return Failed(message=str(error))


def pull_sources(run: Run, sources: Sequence[Source]) -> list[Path]:
    """Every source at the same time, each a task run of its own; returns their records in their order."""
    futures = [pull_source.with_options(retries=each.retries).submit(run, each) for each in sources]
    wait(futures)
    records = []
    for source, future in zip(sources, futures, strict=True):
        record = pulling.record_of(run, source)
        if not future.state.is_completed() and not (record.exists() and Pull.load(record).failed):
            future.result()  # nobody foresaw this one: it stops the day, and says what it was
        records.append(record)
    return records


@task(name="land bytes", **_plain)
def land_bytes(run: Run, records: list[Path]) -> Path:
    """Keep every file under the hash of its bytes."""
    return pulling.land(run, records)


@task(name="read documents", **_plain)
def read_documents(run: Run) -> Path:
    """Turn new files into typed documents, personal values digested."""
    return stages.read(run)


@task(name="validate documents", **_plain)
def validate_documents(run: Run) -> str:
    """Check contracts and rules; says what was found."""
    return stages.validate(run)


@task(name="commit documents", **_plain)
def commit_documents(run: Run) -> CommitSummary:
    """Store what was accepted and quarantine what was not, in one transaction."""
    return stages.commit(run)


@task(name="take in mended rows", **_plain)
def take_in_mended_rows(run: Run) -> int:
    """Put released quarantine rows back."""
    return stages.take_in_mended(run)


@task(name="link lists", **_plain)
def link_lists(run: Run) -> int:
    """Bring lists up to date with the documents that touch them."""
    return stages.link(run)


@task(name="measure the day", **_plain)
def measure_day(run: Run) -> list[tuple[date, int]]:
    """Compute the figures and append what changed as vintages."""
    return stages.measure(run)


@task(name="publish figures", **_plain)
def publish_figures(run: Run) -> Path:
    """Write the analysts' copy."""
    return stages.publish(run)


@task(name="tidy the lake", **_plain)
def tidy_lake(run: Run, report: DayReport) -> Tidied:
    """Merge small files where too many lie."""
    return stages.tidy(run, report)


@task(name="close the day", **_plain)
def close_day(run: Run, report: DayReport) -> DayReport:
    """Name what is missing or wrong, keep the run in the ledger, and show the summary."""
    closed = stages.close(run, report)
    create_markdown_artifact(
        key=f"day-{run.zone}", markdown=closed.markdown(), description="The day's summary"
    )
    return closed


@task(name="watch the zone", **_plain)
def watch_zone(run: Run) -> Watched:
    """Hold the day against what was expected of it, and tell what is new."""
    return watching.after_run(run)


@task(name="seal the record", **_plain)
def seal_record(run: Run) -> Sealed:
    """Append the run's commits to the log outside the catalog and sign a checkpoint."""
    return stages.seal(run)
