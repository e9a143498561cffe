"""Reconcile the documents of a zone into lists and their statuses: one row a list, one row a status."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.arrivals import export_arrivals, gate_outs, import_arrivals
from transforms.events import ordered_events, runs
from transforms.exclusions import as_lists, intervals
from transforms.inputs import Documents
from transforms.links import with_links
from transforms.milestones import last_runs, milestones, numbers
from transforms.money import list_value, with_cny
from transforms.outcomes import grants, taxes
from transforms.receipts import linked, list_receipts
from transforms.schemas import LIST_EVENTS, LISTS
from transforms.state import with_state
from transforms.versions import KEY, current_lists, list_versions, numbered, redeclarations

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
    versions = list_versions(documents).pipe(numbered).pipe(_computed)
    receipts = pl.concat(
        linked(list_receipts(documents, flow), versions.filter(pl.col("flow") == flow), flow)
        for flow in ("I", "E")
    )
    events = ordered_events(receipts).pipe(_computed)
    stretches = runs(events).pipe(_computed)
    lists = (
        current_lists(versions)
        .join(milestones(stretches), on="list_id", how="left")
        .join(last_runs(stretches), on="list_id", how="left")
        .pipe(_with_numbers, numbers(events))
        .pipe(_with_dates)
        .pipe(_with_amounts, rates)
        .pipe(_computed)
    )
    complete = (
        lists.pipe(with_links, documents, rates)
        .join(_arrivals(documents, lists), on="list_id", how="left")
        .join(gate_outs(documents, lists), on="list_id", how="left")
        .join(taxes(documents, lists), on="list_id", how="left")
        .join(as_lists(intervals(stretches, redeclarations(versions))), on="list_id", how="left")
        .pipe(_with_endings, documents, lists)
        .pipe(with_state)
        .with_columns(pl.col("exclusions").fill_null([]))
        .sort("list_id")
        .select(pl.col(name).cast(dtype) for name, dtype in LISTS.items())
        .pipe(_computed)
    )
    return Linked(lists=complete, events=_placed(events, lists).pipe(_computed))


def _computed(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.collect(engine="in-memory").lazy()


def _with_numbers(lists: pl.LazyFrame, given: pl.LazyFrame) -> pl.LazyFrame:
    """preNo and invtNo of the list, else those its receipts gave."""
    return lists.join(given, on="list_id", how="left").with_columns(
        pl.coalesce("pre_no", "given_pre_no").alias("pre_no"),
        pl.coalesce("invt_no", "given_invt_no").alias("invt_no"),
    )


def _with_dates(lists: pl.LazyFrame) -> pl.LazyFrame:
    """business_date (first version, else receipt) and declared_at (first status 2, else first version)."""
    return lists.with_columns(
        pl.coalesce("first_app_at", "first_receipt_at").dt.date().alias("business_date"),
        pl.coalesce("declared_status_at", "first_app_at").alias("declared_at"),
    )


def _with_amounts(lists: pl.LazyFrame, rates: pl.LazyFrame) -> pl.LazyFrame:
    """value_cny, freight_cny, insured_fee_cny, at the rates of the day of the version."""
    valued = lists.join(list_value(lists, rates), on="list_id", how="left")
    for amount in ("freight", "insured_fee"):
        valued = (
            valued.drop("currency")
            .rename({f"{amount}_currency": "currency"})
            .pipe(with_cny, amount, f"{amount}_cny", rates)
        )
    return valued.drop("currency", "item_total_price", "item_currency")


def _arrivals(documents: Documents, lists: pl.LazyFrame) -> pl.LazyFrame:
    return pl.concat([import_arrivals(documents, lists), export_arrivals(documents, lists)])


def _with_endings(lists: pl.LazyFrame, documents: Documents, known: pl.LazyFrame) -> pl.LazyFrame:
    """cancelled_at (granted, or the list deleted) and returned_at (granted, or returned abroad)."""
    cancelled = pl.concat(grants(documents, known, flow, "cancellation") for flow in ("I", "E"))
    returned = grants(documents, known, "I", "return")
    return (
        lists.join(cancelled.rename({"at": "_cancelled_at"}), on="list_id", how="left")
        .join(returned.rename({"at": "_returned_at"}), on="list_id", how="left")
        .with_columns(
            pl.min_horizontal("_cancelled_at", "deleted_at").alias("cancelled_at"),
            pl.min_horizontal("_returned_at", "returned_abroad_at").alias("returned_at"),
        )
    )


def _placed(events: pl.LazyFrame, lists: pl.LazyFrame) -> pl.LazyFrame:
    """Events with the key, zone and business date of their list, sorted by list and seq."""
    return (
        events.join(lists.select(_PLACE), on="list_id", how="left", maintain_order="left")
        .sort("list_id", "seq")
        .select(pl.col(name).cast(dtype) for name, dtype in LIST_EVENTS.items())
    )
