"""The watch: look at a zone, keep what is wrong as alerts, tell what is new, and write the status page.

Called at the end of every run, where a run stops, and by the watchdog, which finds what no run can tell:
that there was none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from flows import clock, events
from flows.stages import Run
from reports import status_page
from sources.zone import zone_names
from warehouse import Home, Lake, alerts, record, watching
from warehouse.alerts import Alert, Finding
from warehouse.errors import WarehouseError
from warehouse.status import watched


@dataclass(frozen=True)
class Watched:
    """What a look came to."""

    standing: int  # alerts that hold now
    new: tuple[Alert, ...] = ()
    resolved: tuple[Alert, ...] = ()

    def sentence(self) -> str:
        """For the line of the stage."""
        return f"{self.standing:,} alerts stand, {len(self.new):,} new, {len(self.resolved):,} resolved"


def after_run(run: Run) -> Watched:
    """Judge the day that was run, and the two weeks before it."""
    moment = clock.now()
    return watch(run.store, run.zone, judged_date(run, moment), moment, run.run_id, own=run.business_date)


def after_stop(run: Run, error: BaseException | str, *, kept: bool = True) -> None:
    """Tell that a run stopped, also where the lake that would keep the alert is what failed.

    `kept`: the stop is in the record of runs, where the look finds it.
    """
    at = clock.now()
    try:
        after_run(run)
    except (duckdb.Error, WarehouseError, OSError) as failed:
        kept = False
        with suppress(OSError):  # a full disk takes no page either
            status_page.broken(f"{failed} (after: {error})", at, run.store.reports)
    if not kept:
        reason = f"{run.business_date}: the run {run.run_id} stopped: {error}"
        events.announce(
            [Alert(run.zone, run.business_date, "run_stopped", "run", reason, None, at, at, None, run.run_id)]
        )


def watch(
    home: Home,
    zone: str,
    due: date,
    moment: datetime,
    run_id: str,
    *,
    own: date | None = None,
    verify: bool = False,
) -> Watched:
    """Look, keep, tell, and write the page. A look that finds nothing new writes nothing but the page.

    `moment`: of the look, by the clock; `own`: the date of the run that looks, where it is not the one it is held to;
    `verify`: hold log, catalog and newest files against the record.
    """
    with Lake.read(home) as lake:
        seen = watching.look_at(lake, home, zone, due, moment, own)
        if verify:
            seen.findings += not_verified(lake, zone, due)
            seen.unjudged_kinds.discard("record_not_verified")
        before = alerts.standing(lake.con, zone)
        change, retold = alerts.compare(zone, before, seen.findings, seen.judged, run_id, moment)
        shown = None if change.all or retold else watched(lake, home, zone, moment, seen)
    if shown is None:
        with Lake.write(home, zone=zone) as lake:
            change = alerts.keep(lake, zone, seen.findings, seen.judged, run_id, moment)
            before = alerts.standing(lake.con, zone)
            shown = watched(lake, home, zone, moment, seen)
        events.announce(change.all)
    status_page.keep([shown], moment, home.reports, zone_names())
    return Watched(len(before), change.new, change.resolved)


def not_verified(lake: Lake, zone: str, due: date) -> Sequence[Finding]:
    """What `tongguan verify` would find, hashing the files of the last days only."""
    if not lake.home.keeps_record:
        return ()
    found = record.verify(lake, zone, due - timedelta(days=1))
    kept = lake.con.execute("SELECT count(*) FROM wh.ledger.checkpoints").fetchone()
    if found.problem is None or not (found.entries or (kept and kept[0])):
        return ()  # nothing was ever sealed: there is nothing to hold it against
    return (Finding("record_not_verified", due, "record", f"the record does not verify: {found.problem}"),)


def judged_date(run: Run, moment: datetime) -> date:
    """The date a run can be held to: its own, or the newest one due before it where its own is not over.

    The day before a provisional one is not due until the morning: between midnight and the daily run it has no final
    figures, and that is as it should be.
    """
    if not run.provisional:
        return run.business_date
    due = watching.deliveries_of(run.zone).due_date(moment)
    return min(run.business_date - timedelta(days=1), due)
