"""The daily flow: every missing day and its own through pull, land, read, ..., publish, tidy, seal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows import catching_up, schedule, sentences, stages, tasks, trouble, watching
from flows.day import DayReport
from flows.ending import ended
from flows.errors import DayStopped
from flows.pull import pulled_sentence, sources_of
from flows.settings import home_path
from flows.stages import Run
from flows.tasks import timed


@flow(name="daily", flow_run_name=schedule.named, validate_parameters=False)
def daily(
    zone: str,
    business_date: date | str | None = None,
    inbox: str | None = None,
    home: str | None = None,
    catch_up: bool | None = None,
    provisional: bool = False,
) -> State[DayReport]:
    """Load what lies in the inbox and publish one business date of a zone.

    Without `business_date` the date is the day before the time the run was due in Asia/Shanghai, so a late
    start still computes the right day; days missing before it are published first, in order (`catch_up` says
    so for a date that is named, or forbids it). Without `inbox`, the sources of the zone file are pulled, and
    where it declares none, `<home>/inbox/<zone>`. Provisional figures are marked as such (see flows.intraday).
    Raises DayStopped where a missing day stopped. The state is red where a source or a file is missing.
    """
    base = home_path(Path(home) if home else None)
    scheduled = business_date is None
    day = schedule.day_before(schedule.due_at()) if business_date is None else schedule.as_date(business_date)
    filled = catching_up.Filled()
    if scheduled if catch_up is None else catch_up:
        filled = catching_up.fill(base, zone, day, lambda missing: one_day(base, zone, missing, inbox))
    report = one_day(base, zone, day, inbox, provisional, filled)
    filled.raise_failures(zone)
    return ended(report, report.problems())


def one_day(
    base: Path,
    zone: str,
    day: date,
    inbox: str | None,
    provisional: bool = False,
    filled: catching_up.Filled | None = None,
) -> DayReport:
    """One run of one date; what stops it is kept in the record of runs and raised."""
    run = stages.named(base, zone, day, provisional)
    report = DayReport(run.run_id, zone, day, provisional=provisional)
    if filled:
        report.filled, report.failed = filled.sentences, filled.failures
    try:
        stages.prepare(run)
        stages.mark(run, flow_run.id)
        return publish_day(run, report, inbox)
    except Exception as error:
        sentence = trouble.told(error, run.store)
        kept = stages.stopped(run, report, error, sentence)
        watching.after_stop(run, sentence or error, kept=kept)
        if sentence:
            raise DayStopped(sentence) from error
        raise


def publish_day(run: Run, report: DayReport, inbox: str | None) -> DayReport:
    """The stages of a day in their order."""
    sources = sources_of(run.home, run.zone, inbox)
    pulled = timed(report, "pull", lambda: tasks.pull_sources(run, sources), pulled_sentence)
    timed(report, "land", lambda: tasks.land_bytes(run, pulled), lambda _: sentences.landed_sentence(run))
    timed(report, "read", lambda: tasks.read_documents(run), lambda _: sentences.read_sentence(run))
    timed(report, "validate", lambda: tasks.validate_documents(run), str)
    report.committed = timed(
        report, "commit", lambda: tasks.commit_documents(run), lambda each: each.sentence()
    )
    report.mended = timed(
        report, "mend", lambda: tasks.take_in_mended_rows(run), lambda n: f"{n:,} released rows"
    )
    timed(report, "link", lambda: tasks.link_lists(run), lambda n: f"{n:,} lists brought up to date")
    report.vintages = timed(report, "measure", lambda: tasks.measure_day(run), sentences.vintages_sentence)
    timed(report, "publish", lambda: tasks.publish_figures(run), lambda path: path.name)
    timed(report, "tidy", lambda: tasks.tidy_lake(run, report), lambda each: each.sentence())
    closed = tasks.close_day(run, report)
    timed(closed, "watch", lambda: tasks.watch_zone(run), lambda each: each.sentence())
    timed(closed, "seal", lambda: tasks.seal_record(run), lambda each: each.sentence())
    return closed
