"""From pulled files to stored documents: land, read, validate, commit."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from expectations import again, gate
from flows import clock, manifests
from flows.progress import reporter
from flows.stages.run import Run, begin, waiting
from reports.validation import render
from sources.pulling import Pull
from sources.readers import read_files
from sources.staging import load_landed, load_outcomes, save
from sources.zone import Zone
from warehouse import Lake, backfills, documents, engines, landing, pulls, quarantine
from warehouse.documents import CommitSummary
from warehouse.home import pii_key
from warehouse.landing import Arrival


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
        return documents.commit(lake, run.store, run.zone, run.run_id, run.folder, clock.now())


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
            at=clock.now(),
        )
