"""From stored documents to published figures: link, measure, publish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from flows import clock
from flows.computing import linked, rates_frame, stated, without_list
from flows.progress import reporter
from flows.stages.run import Anew, Run, waiting
from sources.corrections import load as load_corrections
from sources.zone import Zone
from transforms.corrections import Correction, lost_lists, selecting
from transforms.families import FAMILIES, figures
from transforms.integrity_tables import STATES_DAILY
from warehouse import (
    Lake,
    conservation,
    corrections,
    enterprises,
    linking,
    measuring,
    published,
    touched,
    vintages,
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
        corrections.keep(lake, run.zone, run.run_id, clock.now(), change)
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
        enterprises.refresh(lake, run.zone, run.run_id, zone.size_classes, held_back(run, lake, anew))
        since, dates = dates_of(run, lake, zone, anew)
        frames = figures_of(run, lake, zone, dates)
        adds_up = conservation.of_states(run.zone, dates, frames[STATES_DAILY.name])
        final = () if run.provisional else (run.business_date,)
        return vintages.publish(
            lake, run.zone, run.run_id, clock.now, frames, dates, since, adds_up, final, ours
        )


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
