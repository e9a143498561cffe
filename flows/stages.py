"""The work of each stage, as plain functions: open what the stage needs, call the rooms, say what was done.

No Prefect here, so that a test or a benchmark can call a stage as it is. Everything passes as paths,
dates and ids; nothing asks for today: the clock is read for the record only, just before it is committed.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import polars as pl

from expectations import again, gate
from flows import manifests, trouble
from flows.computing import linked, rates_frame, stated, without_list
from flows.day import DayReport
from flows.progress import reporter
from reports.validation import render
from sources import beijing
from sources.corrections import load as load_corrections
from sources.pulling import Pull
from sources.readers import read_files
from sources.staging import load_landed, load_outcomes, save
from sources.zone import Zone
from transforms.corrections import Correction, lost_lists, selecting
from transforms.families import FAMILIES, figures
from transforms.integrity_tables import STATES_DAILY
from warehouse import (
    Home,
    Lake,
    backfills,
    catalogs,
    conservation,
    corrections,
    documents,
    engines,
    enterprises,
    landing,
    linking,
    measuring,
    merging,
    published,
    pulls,
    quarantine,
    record,
    running,
    touched,
    vintages,
)
from warehouse.connection import ready
from warehouse.documents import CommitSummary
from warehouse.errors import ConservationError, RecordError, StagingError
from warehouse.home import pii_key
from warehouse.landing import Arrival
from warehouse.merging import Tidied
from warehouse.record import Sealed
from warehouse.runs import RunRecord, finish, note_unchanged
from warehouse.shortcomings import shortcomings
from warehouse.watching import INVARIANT, STOPPED

#: What must never happen, whatever is delivered; everything else that stops a run is circumstance.
_NEVER = (ConservationError, RecordError, StagingError, gate.CheckBroke)


@dataclass(frozen=True)
class Run:
    """Who runs, for which zone and date, in which home, since when; small enough to pass between tasks."""

    home: Path
    zone: str
    business_date: date
    run_id: str
    started_at: datetime  # local Beijing time
    provisional: bool = False  # the day is not over: its figures are marked, and no other date is published

    @property
    def store(self) -> Home:
        """The home's layout."""
        return Home(self.home)

    @property
    def folder(self) -> Path:
        """Where the run keeps what passes between its stages."""
        return self.store.staging / self.run_id

    @property
    def pulls(self) -> Path:
        """One record a source: what was pulled from it, and what could not be."""
        return self.folder / "pulls"

    @property
    def landed(self) -> Path:
        """The landed files of the run, as JSON."""
        return self.folder / "landed.json"

    @property
    def page(self) -> Path:
        """The validation page."""
        return self.store.reports / self.run_id / "validation.html"

    @property
    def compared_with(self) -> Path:
        """How often documents of the zone had been stored when the checks compared with them."""
        return self.folder / "compared-with.txt"

    @property
    def outcomes(self) -> Path:
        """What reading them gave, as JSON."""
        return self.folder / "outcomes.json"


@dataclass(frozen=True)
class Anew:
    """Days whose lists a backfill makes anew, each followed by its figures; `first` and `last` of them."""

    days: frozenset[date]

    @property
    def first(self) -> date:
        """The earliest."""
        return min(self.days)

    @property
    def last(self) -> date:
        """The latest."""
        return max(self.days)


def begin(home: Path, zone: str, business_date: date, provisional: bool = False) -> Run:
    """Name the run and prepare its folder."""
    run = named(home, zone, business_date, provisional)
    prepare(run)
    return run


def named(home: Path, zone: str, business_date: date, provisional: bool = False) -> Run:
    """A run with its name, before anything of it is written."""
    run_id = f"{zone}-{business_date:%Y%m%d}-{uuid4().hex[:8]}"
    return Run(home, zone, business_date, run_id, started_at=now(), provisional=provisional)


def prepare(run: Run) -> None:
    """Make the folder of a run, and the warehouse of a new home."""
    if not ready(run.store):
        with Lake.write(run.store, waiting):
            pass  # opening a new home for writing creates its catalog, so that readers find one
    run.folder.mkdir(parents=True)


def mark(run: Run, flow_run_id: str | None) -> None:
    """Leave the mark that a run has begun in this process; `keep` takes it away."""
    running.begun(run.store, run.run_id, run.zone, run.business_date, run.started_at, flow_run_id)


def land(run: Run, records: Sequence[Path]) -> Path:
    """Keep the bytes of every pull under their hash; returns the list of landed files.

    `records` are those of the pulls, in the order of the sources. Files that earlier runs took from these
    sources are in the list too, so that a day is not greener for being run again.
    """
    advance = reporter().stage("land")
    taken = [Pull.load(each) for each in records]
    arrived = [Arrival(file.name, Path(file.path), each.source) for each in taken for file in each.files]
    with Lake.read(run.store) as lake:
        known = landing.stored_files(lake, run.zone)
    kept = landing.keep(run.store, arrived, known, advance)
    with Lake.read(run.store) as lake:
        landed = landing.landed(run.store, kept, lake, run.zone)
        before = pulls.known(lake, run.zone)
        own = pulls.handed_over(lake, run.zone, run.business_date)
    pulls.save(pulls.fresh(taken, [each.digest for each in kept], before, run.business_date), run.folder)
    shutil.rmtree(run.folder / "pulled", ignore_errors=True)  # the bytes are in landing
    have = {each.file_hash for each in landed}
    again = [each for each in pulls.again(run.store, taken, before, own) if each.file_hash not in have]
    return save([*landed, *again], run.landed)


def following(run: Run, day: date) -> Run:
    """A run for another day over the same files, which `run` has loaded."""
    after = begin(run.home, run.zone, day)
    save([replace(each, known=True) for each in load_landed(run.landed)], after.landed)
    save([], after.outcomes)
    return after


def read(run: Run, readers: int | None = None) -> Path:
    """Read what is new into typed, digested parts; returns the list of outcomes.

    `readers`: processes that read, where others work beside this run; None: one a core.
    """
    advance = reporter().stage("read")
    key, _ = pii_key(run.store)
    parts = run.folder / "parts"
    parts.mkdir(exist_ok=True)
    landed = load_landed(run.landed)
    new = [each for each in landed if not each.known and not each.refusal]
    outcomes = read_files(new, parts, key, workers=readers, progress=advance)
    return save(manifests.checked(landed, outcomes), run.outcomes)


def validate(run: Run) -> str:
    """Check contracts and rules over what was read; says what was found.

    Raises CheckBroke where a check itself broke: that says nothing about the data, and nothing is
    committed. The page of results is written all the same.
    """
    reporter().stage("validate")
    with Lake.read(run.store) as lake:
        checked = checked_against(run, lake)
    return f"{sum(checked.rejected.values()):,} documents rejected, {checked.warnings:,} warnings"


def checked_against(run: Run, lake: Lake) -> gate.GateReport:
    """Hold what was read against the contracts, the rules and the documents stored by now."""
    run.compared_with.write_text(str(backfills.batches(lake, run.zone)))
    engines.fit(lake.con, sum(each.rows for each in load_outcomes(run.outcomes)))
    try:
        checked = gate.check(lake.con, run.folder, Zone.load(run.zone).offices, zone=run.zone)
    except gate.CheckBroke as broke:
        write_page(run, broke.report)
        raise
    write_page(run, checked)
    return checked


def compare_again(run: Run, lake: Lake) -> None:
    """Hold checked documents against what was stored since they were checked. Raises CheckBroke as `validate` does."""
    try:
        checked = again.compare_again(lake.con, run.folder, zone=run.zone)
    except gate.CheckBroke as broke:
        write_page(run, broke.report)
        raise
    write_page(run, checked)
    run.compared_with.write_text(str(backfills.batches(lake, run.zone)))


def write_page(run: Run, checked: gate.GateReport) -> None:
    """The validation page of the run, where there was anything to check."""
    names = {each.file_hash: list(each.names) for each in load_landed(run.landed)}
    files = [
        {
            "names": names[each.file_hash],
            "kind": each.kind,
            "rows_read": each.rows,
            "first_error": f"{each.refusal.rule}: {each.refusal.message}" if each.refusal else None,
            "first_error_line": each.refusal.line if each.refusal else None,
        }
        for each in load_outcomes(run.outcomes)
    ]
    if files:
        render([each.as_dict() for each in checked.records], files, run.page, run.zone, run.business_date)


def commit(run: Run) -> CommitSummary:
    """One transaction: documents, quarantine, ledger; conservation checked inside it.

    Days are prepared side by side and committed one after another, so what `validate` compared with may have
    grown: then the comparisons are made again, now that nobody else can store documents of the zone.
    """
    reporter().stage("commit")
    with Lake.write(run.store, waiting, zone=run.zone) as lake:
        landed = landing.known_by_now(lake, run.zone, load_landed(run.landed))
        save(landed, run.landed)
        anything_new = any(not each.known for each in landed)
        if anything_new and run.compared_with.read_text() != str(backfills.batches(lake, run.zone)):
            compare_again(run, lake)
        return documents.commit(lake, run.store, run.zone, run.run_id, run.folder, now())


def take_in_mended(run: Run) -> int:
    """Read released quarantine rows again and take in those that pass now; returns how many."""
    key, _ = pii_key(run.store)
    offices = Zone.load(run.zone).offices
    with Lake.write(run.store, waiting, zone=run.zone) as lake:
        return quarantine.apply_releases(
            lake,
            run.store,
            run.zone,
            run.folder,
            key,
            check=lambda con, folder: gate.check(con, folder, offices, zone=run.zone),
            run_id=run.run_id,
            at=now(),
        )


def link(run: Run) -> int:
    """Bring every list that new documents or changed corrections touch up to date; returns how many.

    Raises CorrectionError, before anything is computed, where the guard of a correction does not hold.
    """
    reporter().stage("link")
    declared = load_corrections(run.zone)
    with Lake.write(run.store, waiting, zone=run.zone) as lake:
        change = corrections.change(lake, run.zone, declared)
        linked = relink(run, lake, change.before, touched.LATE_DATA)
        if change.batches:  # after new data, so that each date is told why it is restated
            linked += relink(run, lake, change.after, touched.CORRECTION, change.batches)
        corrections.keep(lake, run.zone, run.run_id, now(), change)
        return linked


def link_anew(run: Run) -> int:
    """Compute every list again that has a document of the day, by the rates and formulas of today; returns how many.

    For what is no new document and would else reach new lists only. What comes out as it is stored stays untouched.
    """
    reporter().stage("link anew")
    with Lake.write(run.store, waiting, zone=run.zone) as lake:
        kept = corrections.in_force(lake, run.zone)
        return relink(run, lake, kept, touched.METHOD, day=run.business_date)


def relink(
    run: Run,
    lake: Lake,
    in_force: Sequence[Correction],
    reason: str,
    batches: Sequence[str] | None = None,
    day: date | None = None,
) -> int:
    """Compute the lists again that batches, or documents of a day, touch; returns how many.

    Default: those of the batches not linked yet.
    """
    zone = Zone.load(run.zone)
    inputs = linking.gather(lake, run.zone, selecting(in_force), batches, day)
    if inputs is None:
        return 0
    core = linked(zone, inputs.documents, in_force)
    lists, events, reconciliation = core["lists"], core["list_events"], core["reconciliation"]
    gone = lost_lists(inputs.documents, lists.lazy()).collect() if any(c.drops for c in in_force) else None
    orphaned = without_list(zone, inputs.documents, in_force, lists)
    linking.store(lake, run.zone, run.run_id, inputs, lists, events, reconciliation, orphaned, gone, reason)
    return lists.height


def measure(run: Run, anew: Anew | None = None) -> list[tuple[date, int]]:
    """Compute the figures of every date this run publishes; returns the vintages that came of it.

    `anew`: the days whose lists a backfill makes anew, of which this run's may be one.
    """
    reporter().stage("measure")
    zone = Zone.load(run.zone)
    with Lake.write(run.store, waiting, zone=run.zone) as lake:
        ours = {run.business_date} & (anew.days if anew else set())
        reason = touched.METHOD if ours else touched.LATE_DATA
        enterprises.refresh(lake, run.zone, run.run_id, zone.size_classes, held_back(run, lake, anew), reason)
        since, dates = dates_of(run, lake, zone, anew)
        frames = figures_of(run, lake, zone, dates)
        adds_up = conservation.of_states(run.zone, dates, frames[STATES_DAILY.name])
        final = () if run.provisional else (run.business_date,)
        return vintages.publish(lake, run.zone, run.run_id, now, frames, dates, since, adds_up, final, ours)


def figures_of(run: Run, lake: Lake, zone: Zone, dates: Sequence[date]) -> dict[str, pl.DataFrame]:
    """All figures of the dates, by table; many dates of a large zone are computed one portion after another."""
    parts = []
    for portion in measuring.portions(lake, run.zone, dates):
        with measuring.inputs(
            lake, run.zone, run.business_date, portion, rates_frame(zone), stated(zone), run.provisional
        ) as inputs:
            parts.append(figures(FAMILIES, inputs))
    return {name: pl.concat(each[name] for each in parts) for name in parts[0]}


def dates_of(run: Run, lake: Lake, zone: Zone, anew: Anew | None = None) -> tuple[date | None, list[date]]:
    """The first date that a run restates by itself, and the dates it publishes.

    A provisional run publishes its own day only: what its documents change elsewhere stays noted for the
    next daily run, so that final figures are revised once a day, not every hour.
    Of days made anew the last one answers for the dates around all of them: until then these stay noted.
    """
    if run.provisional:
        return None, [run.business_date]
    since = measuring.restated_since(run.business_date, zone.look_back_days)
    if anew and run.business_date == anew.last:
        since = min(since, measuring.restated_since(anew.first, zone.look_back_days))
    held = held_back(run, lake, anew)
    dates = measuring.dates_to_publish(lake, run.zone, run.business_date, since, held)
    return (None if held else since), dates


def held_back(run: Run, lake: Lake, anew: Anew | None) -> set[date]:
    """Dates that lists made anew touch and that are not restated yet.

    A later day of the backfill is published when all of its lists are made anew, and a date beside them once, with
    the last: else there would be a vintage of each for every day before, half by the old rates.
    """
    if anew is None or run.business_date >= anew.last:
        return set()
    return touched.made_anew(lake.con, run.zone, but_for=run.business_date)


def publish(run: Run) -> Path:
    """Write the analysts' copy; returns its path."""
    reporter().stage("publish")
    with Lake.read(run.store) as lake:
        return published.write(lake, run.store)


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
        finished_at=now(),
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


def waiting(sentence: str) -> None:
    """Show whom a writer waits for in place of the stage's name."""
    reporter().stage(sentence)


def now() -> datetime:
    """The clock of a run: local Beijing time, for the run's record and never for a figure."""
    return beijing.now()
