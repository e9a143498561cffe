"""Reconcile the documents of a zone into lists and their statuses: one row a list, one row a status."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.arrivals import export_arrivals, gate_outs, import_arrivals
from transforms.compute import computed
from transforms.events import ordered_events, refused_messages, runs, without
from transforms.exclusions import as_lists, intervals
from transforms.goods_lines import goods_lines
from transforms.inputs import GOODS_LINE, Documents
from transforms.links import links
from transforms.matching import attached
from transforms.measures import FLOWS
from transforms.milestones import last_runs, milestones, numbers
from transforms.money import list_value, with_cny
from transforms.outcomes import first, requests, withdrawals
from transforms.receipts import linked, list_receipts
from transforms.rejections import rejections
from transforms.schemas import LIST_EVENTS, LISTS, TIME
from transforms.state import with_state
from transforms.statuses import ACCEPTED, DECLARING
from transforms.taxes import tax_bills
from transforms.versions import KEY, amendments, current_lists, list_versions, numbered, redeclarations

_ITEMS = tuple(f"item_{name}" for name in GOODS_LINE)
_PLACE = ("list_id", "zone", "business_date", *KEY)


@dataclass(frozen=True)
class Linked:
    """core.lists and core.list_events of the documents given, both sorted by list key (and seq)."""

    lists: pl.LazyFrame
    events: pl.LazyFrame


def build(documents: Documents, rates: pl.LazyFrame) -> Linked:
    """Lists and events of one zone from all versions of its documents.

    `documents`: table name -> frame (see `transforms.inputs`); `rates`: see `transforms.money`. The result
    depends on the set of documents only, not on their order, their files or when they were loaded. What
    several later steps need is computed once on the way, so this function does its work when it is called.
    """
    versions = list_versions(documents).pipe(computed).pipe(numbered).pipe(computed)
    receipts = pl.concat(linked(list_receipts(documents, flow), versions, flow) for flow in FLOWS)
    events = ordered_events(receipts).pipe(computed)
    refused = refused_messages(events)
    stretches = runs(without(events, refused)).pipe(computed)
    chosen = current_lists(versions).pipe(computed)
    lists = (
        attached(
            chosen.drop(_ITEMS).sort("list_id").pipe(computed),
            *milestones(stretches),
            last_runs(stretches),
            *numbers(events),
            *_amounts(chosen, rates),
            goods_lines(chosen, rates),
        )
        .pipe(_with_numbers)
        .pipe(_with_dates)
        .pipe(computed)
    )
    asked = {what: _requests(documents, lists, what) for what in _REQUESTS}
    again = redeclarations(versions)
    withdrawn = withdrawals(asked["cancel"]["granted"], pl.concat([again, _declared_anew(events)])).pipe(
        computed
    )
    complete = (
        attached(
            lists,
            *links(lists, documents, rates),
            _arrivals(documents, lists),
            gate_outs(documents, lists),
            *tax_bills(documents, lists),
            *(
                first(times, f"_{what}_{name}_at")
                for what, answers in asked.items()
                for name, times in answers.items()
            ),
            *_cancelled(withdrawn),
            rejections(stretches, refused),
            amendments(versions),
            as_lists(intervals(stretches, again, withdrawn)),
        )
        .pipe(_with_outcomes)
        .pipe(computed)
        .pipe(_with_figure_dates)
        .pipe(with_state)
        .select(pl.col(name).cast(dtype) for name, dtype in LISTS.items())
        .pipe(computed)
    )
    return Linked(lists=complete, events=_placed(events, lists).pipe(computed))


def _with_numbers(lists: pl.LazyFrame) -> pl.LazyFrame:
    """preNo and invtNo of the list, else those its receipts gave."""
    return lists.with_columns(
        pl.coalesce("pre_no", "given_pre_no").alias("pre_no"),
        pl.coalesce("invt_no", "given_invt_no").alias("invt_no"),
    )


def _with_outcomes(lists: pl.LazyFrame) -> pl.LazyFrame:
    """What is absent said plainly; cancelled_at and returned_at from requests, deletion and status 700.

    Only a cancellation in force makes cancelled_at; cancel_granted_at is the first that was granted at all.
    """
    return lists.with_columns(
        pl.col("has_order", "has_payment", "has_waybill").fill_null(False),
        pl.col("exclusions", "goods", "payments", "tax_bills", "tax_summaries", "rejections").fill_null([]),
        pl.min_horizontal("_cancel_in_force_at", "deleted_at").alias("cancelled_at"),
        pl.col("_cancel_granted_at").alias("cancel_granted_at"),
        pl.min_horizontal("_return_granted_at", "returned_abroad_at").alias("returned_at"),
        *(
            pl.when(pl.col(f"_{what}_granted_at").is_null())
            .then(f"_{what}_refused_at")
            .alias(f"{what}_refused_at")
            for what in ("cancel", "return")
        ),
        *(pl.col(f"_{what}_asked_at").alias(f"{what}_asked_at") for what in ("cancel", "return")),
        # Documents cannot tell that a file lacks one; the warehouse fills it from its ledger.
        pl.lit(None, dtype=TIME).alias("vanished_at"),
    )


#: What a list has several of: column -> times of each.
_SEVERAL = {
    "payments": ("paid_at", "deleted_at"),
    "tax_bills": ("assessed_at", "void_at"),
    "tax_summaries": ("at",),
    "rejections": ("at",),
}
_ALSO = ("cancel_asked_at", "cancel_granted_at", "cancel_refused_at", "return_asked_at", "return_refused_at")


def _with_figure_dates(lists: pl.LazyFrame) -> pl.LazyFrame:
    """figure_dates: the days of everything a list has several of and of requests, each once, in order.

    Rows of days are gathered, not lists: a list made for every row of a zone's day takes eight times as long.
    """
    several = [
        lists.filter(pl.col(name).list.len() > 0)
        .select("list_id", pl.col(name))
        .explode(name)
        .select("list_id", day=pl.col(name).struct.field(time).dt.date())
        for name, times in _SEVERAL.items()
        for time in times
    ]
    once = [lists.select("list_id", day=pl.col(name).dt.date()) for name in _ALSO]
    days = (
        pl.concat([*several, *once])
        .drop_nulls("day")
        .unique()
        .sort("list_id", "day")
        .group_by("list_id", maintain_order=True)
        .agg(figure_dates="day")
    )
    return attached(lists, days).with_columns(pl.col("figure_dates").fill_null([]))


def _with_dates(lists: pl.LazyFrame) -> pl.LazyFrame:
    """business_date (first version, else receipt) and declared_at (first status 2, else first version)."""
    return lists.with_columns(
        pl.coalesce("first_app_at", "first_receipt_at").dt.date().alias("business_date"),
        pl.coalesce("declared_status_at", "first_app_at").alias("declared_at"),
    )


def _amounts(chosen: pl.LazyFrame, rates: pl.LazyFrame) -> tuple[pl.LazyFrame, ...]:
    """value_cny, freight_cny and insured_fee_cny by list_id, at the rates of the day of the version."""
    charges = (
        chosen.select("list_id", "date", pl.col(f"{amount}_currency").alias("currency"), amount)
        .pipe(with_cny, amount, f"{amount}_cny", rates)
        .select("list_id", f"{amount}_cny")
        for amount in ("freight", "insured_fee")
    )
    return (list_value(chosen, rates), *charges)


def _arrivals(documents: Documents, lists: pl.LazyFrame) -> pl.LazyFrame:
    return pl.concat([import_arrivals(documents, lists), export_arrivals(documents, lists)])


#: What may be asked for: by the beginning of its columns its kind of document and the flows that have it.
_REQUESTS = {"cancel": ("cancellation", FLOWS), "return": ("return", ("I",))}


def _requests(documents: Documents, lists: pl.LazyFrame, what: str) -> dict[str, pl.LazyFrame]:
    """(list_id, at) of what was asked for, granted and refused."""
    kind, flows = _REQUESTS[what]
    found = [requests(documents, lists, flow, kind) for flow in flows]
    parts = zip(("asked", "granted", "refused"), zip(*found, strict=True), strict=True)
    return {name: pl.concat(several) for name, several in parts}


def _declared_anew(events: pl.LazyFrame) -> pl.LazyFrame:
    """(list_id, at): statuses that only a list declared by then can get.

    A repeated one counts: between two acceptances of a list that was cancelled in between lies a declaration.
    """
    return events.filter(pl.col("code").is_in((DECLARING, ACCEPTED))).select("list_id", "at")


def _cancelled(withdrawn: pl.LazyFrame) -> tuple[pl.LazyFrame, ...]:
    """By list_id: since when a cancellation is in force, and the last one that a declaration followed."""
    over = pl.col("end_at").is_not_null()
    return (
        withdrawn.filter(~over)
        .group_by("list_id")
        .agg(pl.col("start_at").min().alias("_cancel_in_force_at")),
        withdrawn.filter(over).group_by("list_id").agg(pl.col("start_at").max().alias("_withdrawn_at")),
    )


def _placed(events: pl.LazyFrame, lists: pl.LazyFrame) -> pl.LazyFrame:
    """Events with the key, zone and business date of their list, sorted by list and seq."""
    return (
        events.select("list_id", "seq", "status", "at", "info", "file_hash")
        .join(lists.select(_PLACE), on="list_id", how="left", maintain_order="left")
        .select(pl.col(name).cast(dtype) for name, dtype in LIST_EVENTS.items())
    )
