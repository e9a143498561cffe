"""A zone's own statements brought together with the transforms: plain functions of a zone and of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sources.zone import Zone
from transforms.corrections import Correction, corrected
from transforms.lists import build
from transforms.reconciliation import orphans, reconcile
from transforms.reconciliation.annual import with_annual
from transforms.stated import Stated, Target


def linked(
    zone: Zone, documents: Mapping[str, pl.LazyFrame], in_force: Sequence[Correction]
) -> dict[str, pl.DataFrame]:
    """core.lists, core.list_events and core.reconciliation, by name, from the documents given."""
    known = corrected(documents, in_force)
    made = build(known, rates_frame(zone))
    reconciled = reconcile(known, made.lists, zone.tolerance_cny)
    frames = pl.collect_all([made.lists, made.events, reconciled])
    return dict(zip(("lists", "list_events", "reconciliation"), frames, strict=True))


def without_list(
    zone: Zone, documents: Mapping[str, pl.LazyFrame], in_force: Sequence[Correction], lists: pl.DataFrame
) -> pl.DataFrame:
    """Rows of core.reconciliation of the documents given that none of the lists claims."""
    known = corrected(documents, in_force)
    return orphans(known, lists.lazy(), rates_frame(zone), zone.tolerance_cny).collect()


def linked_whole(
    zone: Zone, documents: Mapping[str, pl.LazyFrame], in_force: Sequence[Correction]
) -> dict[str, pl.DataFrame]:
    """As `linked`, from all documents of the zone: with the yearly limit and the documents without a list."""
    core = linked(zone, documents, in_force)
    orphaned = without_list(zone, documents, in_force, core["lists"])
    of_lists = with_annual(core["reconciliation"].lazy()).collect()
    return {**core, "reconciliation": pl.concat([of_lists, orphaned])}


def rates_frame(zone: Zone) -> pl.LazyFrame:
    """The zone's dated rates as transforms take them: currency, valid_from, cny for one unit."""
    return pl.LazyFrame(
        {
            "currency": [each.currency for each in zone.rates],
            "valid_from": [each.valid_from for each in zone.rates],
            "cny": [each.cny for each in zone.rates],
        },
        schema={"currency": pl.String, "valid_from": pl.Date, "cny": pl.Decimal(18, 8)},
    )


def stated(zone: Zone) -> Stated:
    """What the zone states about itself, as transforms take it."""
    return Stated(
        lists_per_day=zone.capacity.lists_per_day,
        peak_day_lists=zone.capacity.peak_day_lists,
        lists_per_hour=zone.capacity.lists_per_hour,
        baseline_year=zone.baseline.year if zone.baseline else None,
        baseline_import_h=zone.baseline.import_h if zone.baseline else None,
        baseline_export_h=zone.baseline.export_h if zone.baseline else None,
        targets=tuple(Target(each.year, each.measure, each.value) for each in zone.targets),
        thresholds_h=zone.thresholds_h,
        tolerance_cny=zone.tolerance_cny,
        size_classes=zone.size_classes,
        expected_kinds=zone.expected_kinds,
    )
