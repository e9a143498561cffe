"""The daily flow: pull, land, read, validate, commit, link, measure, publish, tidy, seal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from prefect import flow
from prefect.runtime import flow_run

from flows import stages, tasks
from flows.day import DayReport
from flows.pull import is_remote
from flows.settings import home_path
from flows.stages import Run
from flows.tasks import timed


@flow(name="daily", flow_run_name="{zone} {business_date}", validate_parameters=False)
def daily(
    zone: str, business_date: date | str | None = None, inbox: str | None = None, home: str | None = None
) -> DayReport:
    """Load what lies in the inbox and publish one business date of a zone.

    Without `business_date` the date is the day before the scheduled time in Asia/Shanghai, so a late
    start still computes the right day. Without `inbox`, `<home>/inbox/<zone>` is read.
    """
    base = home_path(Path(home) if home else None)
    day = scheduled_date() if business_date is None else as_date(business_date)
    url = inbox or str(default_inbox(base, zone))
    run = stages.begin(base, zone, day)
    report = DayReport(run.run_id, zone, day)

    try:
        return publish_day(run, report, url)
    except Exception as error:
        stages.stopped(run, report, str(error))
        raise


def publish_day(run: Run, report: DayReport, url: str) -> DayReport:
    """The stages of a day in their order."""
    pull = tasks.pull_extracts.with_options(retries=tasks.REMOTE_RETRIES if is_remote(url) else 0)
    paths = timed(report, "pull", lambda: pull(url, run.folder / "pulled"), lambda p: f"{len(p):,} files")
    timed(report, "land", lambda: tasks.land_bytes(run, paths, url), lambda _: stages.landed_sentence(run))
    timed(report, "read", lambda: tasks.read_documents(run), lambda _: stages.read_sentence(run))
    timed(report, "validate", lambda: tasks.validate_documents(run), str)
    report.committed = timed(
        report, "commit", lambda: tasks.commit_documents(run), lambda each: each.sentence()
    )
    report.mended = timed(
        report, "mend", lambda: tasks.take_in_mended_rows(run), lambda n: f"{n:,} released rows"
    )
    timed(report, "link", lambda: tasks.link_lists(run), lambda n: f"{n:,} lists brought up to date")
    report.vintages = timed(report, "measure", lambda: tasks.measure_day(run), stages.vintages_sentence)
    timed(report, "publish", lambda: tasks.publish_figures(run), lambda path: path.name)
    timed(report, "tidy", lambda: tasks.tidy_lake(run, report), lambda each: each.sentence())
    closed = tasks.close_day(run, report)
    timed(closed, "seal", lambda: tasks.seal_record(run), lambda each: each.sentence())
    return closed


def default_inbox(home: Path, zone: str) -> Path:
    """Where extracts are looked for when no inbox is named; made so that it can be filled."""
    inbox = home / "inbox" / zone
    inbox.mkdir(parents=True, exist_ok=True)
    return inbox


def as_date(value: date | str) -> date:
    """A date from a deployment's JSON parameter or as it is."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def scheduled_date() -> date:
    """The day before the scheduled time of this flow run, in Asia/Shanghai.

    Raises ValueError outside a scheduled run: nothing here asks what day it is.
    """
    scheduled = flow_run.scheduled_start_time
    if scheduled is None or flow_run.id is None:
        raise ValueError("business_date is needed: this run was not started by a schedule")
    day: date = scheduled.astimezone(stages.BEIJING).date() - timedelta(days=1)
    return day
