"""The end of a run: tidy the lake, seal the log, keep the record, also of a run that stopped."""

from __future__ import annotations

import shutil

from expectations import gate
from flows import clock, manifests, trouble
from flows.day import DayReport
from flows.progress import reporter
from flows.stages.run import Run, waiting
from sources.pulling import Pull
from sources.staging import load_landed, load_outcomes
from sources.zone import Zone
from warehouse import Lake, catalogs, corrections, merging, record, running
from warehouse.errors import ConservationError, RecordError, StagingError
from warehouse.merging import Tidied
from warehouse.record import Sealed
from warehouse.runs import RunRecord, finish, note_unchanged
from warehouse.shortcomings import shortcomings
from warehouse.watching import INVARIANT, STOPPED

#: What must never happen, whatever is delivered; everything else that stops a run is circumstance.
_NEVER = (ConservationError, RecordError, StagingError, gate.CheckBroke)


def tidy(run: Run, report: DayReport) -> Tidied:
    """Merge small files of the lake where too many lie; a run that changed nothing leaves them as they are."""
    reporter().stage("tidy")
    if not (load_outcomes(run.outcomes) or report.mended or report.vintages):
        return Tidied()
    if catalogs.of(run.store).shared:  # every writer is kept waiting: only where there is something to do
        with Lake.read(run.store) as lake:
            if not merging.due(lake):
                return Tidied()
    with Lake.write(run.store, waiting) as lake:
        tidied = merging.tidy(lake, run.run_id)
    report.untidy = tidied.failed
    return tidied


def seal(run: Run) -> Sealed:
    """Log the commits since the last seal and sign the day's checkpoint; the last thing a run does."""
    reporter().stage("seal")
    if not run.store.keeps_record:
        return Sealed(0, 0, elsewhere=True)
    with Lake.write(run.store, waiting, zone=record.LOCK) as lake:
        return record.seal(lake, run.business_date, run.run_id, run.started_at)


def close(run: Run, report: DayReport) -> DayReport:
    """Name what is missing or wrong and keep the run: in the ledger if it changed anything, else beside it."""
    landed = load_landed(run.landed)
    report.files_seen, report.files_new = len(landed), len(load_outcomes(run.outcomes))
    report.validation_page = str(run.page) if run.page.exists() else None
    zone = Zone.load(run.zone)
    # Of a day that is going on nothing is missing yet.
    expected = (
        () if run.provisional else zone.deliveries.kinds(run.business_date, run.business_date, zone.calendar)
    )
    with Lake.read(run.store) as lake:
        found = shortcomings(
            lake,
            run.zone,
            run.business_date,
            [each.file_hash for each in landed if not each.earlier],
            expected,
        )
        report.corrections = corrections.sentences(lake.con, run.zone)
        report.corrections_changed = corrections.changed_by(lake.con, run.run_id)
    gaps_of_sources = [gap for each in sorted(run.pulls.glob("*.json")) for gap in Pull.load(each).gaps]
    report.gaps = [*gaps_of_sources, *found.gaps, *manifests.absent(landed)]
    report.refused = list(found.refused)
    report.quarantined, report.warnings = list(found.quarantined), list(found.warnings)
    keep(run, report.changed, "ok" if report.all_well else "warnings", report)
    shutil.rmtree(run.folder / "parts", ignore_errors=True)  # typed rows are in the lake, bytes in landing
    return report


def stopped(run: Run, report: DayReport, error: BaseException | str, sentence: str | None = None) -> bool:
    """Keep the record of a run that stopped; needs no lake, since the lake may be what failed. Says if it is kept.

    Where the disk is full, what the run left between its stages makes room: it is read again from landing. A disk
    that takes no record either leaves the start mark of the run, which then tells that it had no end.
    """
    report.stop = (
        INVARIANT if isinstance(error, _NEVER) else STOPPED,
        sentence or str(error) or type(error).__name__,
    )
    if isinstance(error, BaseException) and trouble.full(error):
        for each in ("parts", "pulled"):
            shutil.rmtree(run.folder / each, ignore_errors=True)
    try:
        keep(run, False, "stopped", report)
    except OSError:
        running.abandoned(run.store, run.run_id)
        return False
    return True


def keep(run: Run, changed: bool, outcome: str, report: DayReport) -> None:
    """Write the record of the run."""
    record = RunRecord(
        run_id=run.run_id,
        zone=run.zone,
        business_date=run.business_date,
        started_at=run.started_at,
        finished_at=clock.now(),
        outcome=outcome,
        stages=report.stages,
        problems=[f"{kind}: {sentence}" for kind, sentence in report.problems()],
    )
    if not changed:
        note_unchanged(run.store, record)
    else:
        with Lake.write(run.store, waiting, zone=run.zone) as lake:
            finish(lake, record, changed=True)
    running.ended(run.store, run.run_id)
    if outcome != "stopped":
        running.forget_dead(run.store, run.zone, run.business_date)
