"""When the goods of a list arrived and when they left the bonded zone."""

from __future__ import annotations

import polars as pl

from transforms.current import live, newest
from transforms.inputs import Documents, document
from transforms.links import near, of_lists
from transforms.statuses import ACCEPTED

_INBOUND = ("customs_code", "cop_no")
_ARRIVAL = ("customs_code", "cop_no", "msg_seq_no")


def import_arrivals(documents: Documents, lists: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: arrived_at of import lists, of the earliest inbound detail that names the waybill.

    An inbound detail counts from its acceptance (CEB712 status 120, found by guid or copNo), else from
    its app_at. Carrier and waybill number must agree, and the bill number where both state one.
    """
    details = document(documents, "inbound_details").pipe(
        _with_acceptance, document(documents, "inbound_receipts"), _INBOUND
    )
    waybills = details.select(
        "business_date", "logistics_code", "bill_no", "item_logistics_no", "arrived_at"
    ).pipe(_of_waybills)
    other_bill = (pl.col("bill_no") != pl.col("bill_no_right")).fill_null(False)
    return (
        lists.filter(pl.col("flow") == "I")
        .select("list_id", "logistics_code", "logistics_no", "bill_no", _listed_on="business_date")
        .join(waybills, on=["logistics_code", "logistics_no"], how="inner")
        .filter(~other_bill & near("_listed_on", "business_date"))
        .pipe(_earliest, "arrived_at")
    )


def export_arrivals(documents: Documents, lists: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: arrived_at of export lists, of the earliest arrival (CEB507) that names the waybill.

    The carrier is not compared: an arrival names the haulier that brings the goods to the supervised place.
    """
    details = document(documents, "export_arrivals").pipe(
        _with_acceptance, document(documents, "export_arrival_receipts"), _ARRIVAL
    )
    waybills = details.select("business_date", "item_logistics_no", "arrived_at").pipe(_of_waybills)
    own = lists.filter(pl.col("flow") == "E")
    return waybills.pipe(of_lists, own, ("logistics_no",)).pipe(_earliest, "arrived_at")


def _with_acceptance(details: pl.LazyFrame, receipts: pl.LazyFrame, key: tuple[str, ...]) -> pl.LazyFrame:
    """Current details with `arrived_at`: the first acceptance by guid, by copNo, else app_at."""
    accepted = receipts.filter(pl.col("return_status") == str(ACCEPTED))
    by_guid = (
        details.select("guid", *key)
        .unique()
        .join(_first(accepted, "guid"), on="guid")
        .group_by(*key)
        .agg(pl.col("first_at").min().alias("by_guid_at"))
    )
    return (
        details.pipe(live, key)
        .join(by_guid, on=list(key), how="left", nulls_equal=True)
        .join(_first(accepted, "cop_no"), on="cop_no", how="left")
        .with_columns(pl.coalesce("by_guid_at", "first_at", "app_at").alias("arrived_at"))
    )


def _first(receipts: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return receipts.group_by(key).agg(pl.col("return_at").min().alias("first_at"))


def _of_waybills(details: pl.LazyFrame) -> pl.LazyFrame:
    return details.rename({"item_logistics_no": "logistics_no"}).explode(
        "logistics_no", empty_as_null=False, keep_nulls=False
    )


def _earliest(found: pl.LazyFrame, time: str) -> pl.LazyFrame:
    return found.group_by("list_id").agg(pl.col(time).min()).filter(pl.col(time).is_not_null())


def gate_outs(documents: Documents, lists: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: gate_out_at of import lists, by way of the verification list that carries them.

    list invt_no -> verification list (INV101) -> its number (own, or from its receipt INV201) -> gate passage
    out of the zone (SAS223, io_flag E): the second passage, else the first; the earliest of several.
    """
    inner = "etps_inner_invt_no"
    given = (
        document(documents, "verification_receipts")
        .filter(pl.col(inner).is_not_null() & pl.col("bond_invt_no").is_not_null())
        .pipe(newest, (inner,), "manage_at")
        .select(inner, pl.col("bond_invt_no").alias("_given"))
    )
    carried = (
        document(documents, "verification_lists")
        .pipe(newest, (inner,), "invt_dcl_at")
        .join(given, on=inner, how="left")
        .select(
            pl.coalesce("_given", "bond_invt_no").alias("rlt_no"), pl.col("item_invt_no").alias("invt_no")
        )
        .explode("invt_no", empty_as_null=False, keep_nulls=False)
    )
    passed = (
        document(documents, "gate_passages")
        .filter(pl.col("io_flag") == "E")
        .select("rlt_no", pl.coalesce("secd_pass_at", "pass_at").alias("gate_out_at"))
    )
    return (
        lists.filter(pl.col("flow") == "I")
        .select("list_id", "invt_no")
        .join(carried, on="invt_no", how="inner")
        .join(passed, on="rlt_no", how="inner")
        .pipe(_earliest, "gate_out_at")
    )
