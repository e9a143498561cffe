"""All versions of the customs lists, import and export in one shape, and the list each belongs to."""

from __future__ import annotations

import polars as pl

from transforms.current import DELETED, newest
from transforms.inputs import Documents, document
from transforms.money import document_date

KEY = ("flow", "ebc_code", "order_no")
CHANGED = "2"  # appType of a change
_TOTAL_AMOUNT = "3"  # fFlag, iFlag: the charge is stated as a total, not a rate or a unit price


def list_versions(documents: Documents) -> pl.LazyFrame:
    """Grain: one stored version of a list. Rows without their key cannot be lists and are left out.

    `date` is the day whose rates apply to the version's amounts. A freight or insurance stated as a rate
    or a unit price (export) is no amount and becomes null.
    """
    imports = document(documents, "import_lists").with_columns(
        pl.lit("I").alias("flow"),
        pl.col("currency").alias("freight_currency"),
        pl.col("currency").alias("insured_fee_currency"),
    )
    exports = (
        document(documents, "export_lists")
        .with_columns(
            pl.lit("E").alias("flow"),
            pl.lit(None, dtype=pl.String).alias("currency"),
            _when_total("freight", "f_flag"),
            _when_total("insured_fee", "i_flag"),
        )
        .rename({"f_currency": "freight_currency", "i_currency": "insured_fee_currency"})
        .drop("f_flag", "i_flag")
    )
    return (
        pl.concat([imports, exports], how="diagonal")
        .filter(pl.all_horizontal(pl.col("ebc_code", "order_no").is_not_null()))
        .rename({"trade_mode": "mode", "customs_code": "office", "pack_no": "packages"})
        .with_columns(document_date("app_at"))
    )


def _when_total(amount: str, flag: str) -> pl.Expr:
    return pl.when(pl.col(flag).is_null() | (pl.col(flag) == _TOTAL_AMOUNT)).then(amount).alias(amount)


def numbered(versions: pl.LazyFrame) -> pl.LazyFrame:
    """Versions with `list_id`, the 0-based rank of their key: the same for the same lists in any order.

    `versions` must be computed already, because its rows are numbered where they stand.
    """
    keys = (
        versions.select(pl.concat_str(*KEY, separator="\x1f").alias("_key"))
        .with_row_index("_row")
        .sort("_key")
        .with_columns(
            (pl.col("_key") != pl.col("_key").shift())
            .fill_null(False)
            .cum_sum()
            .cast(pl.UInt32)
            .alias("list_id")
        )
    )
    return pl.concat([versions, keys.sort("_row").select("list_id")], how="horizontal")


def current_lists(versions: pl.LazyFrame) -> pl.LazyFrame:
    """One row a list: its newest undeleted version and what the versions tell.

    A list whose newest version is a deletion keeps the content before it, gets `deleted_at` and the
    deletion's `app_type` and `app_at`: a list is never dropped.
    """
    several = versions.filter(pl.len().over("list_id") > 1)
    deleted = pl.col("app_type").eq_missing(DELETED)
    # Deletions come before undeleted versions in the choice of content, so any of the latter wins.
    content = pl.concat(
        [versions.filter(pl.len().over("list_id") == 1), several.filter(~deleted), _only_deletions(several)]
    )
    told = several.group_by("list_id").agg(
        pl.coalesce(pl.col("app_at").filter(~deleted).min(), pl.col("app_at").min()).alias("first_app_at"),
        pl.col("app_at").drop_nulls().n_unique().cast(pl.Int64).alias("versions"),
        pl.col("app_at").max().alias("_newest_at"),
        pl.col("app_at").filter(deleted).max().alias("_deletion_at"),
    )
    return (
        content.pipe(newest, ("list_id",), "app_at")
        .join(told, on="list_id", how="left")
        .with_columns(
            pl.coalesce("first_app_at", "app_at").alias("first_app_at"),
            pl.max_horizontal(pl.col("versions").fill_null(1), 1).alias("versions"),
            pl.coalesce("_newest_at", "app_at").alias("app_at"),
            pl.coalesce("_deletion_at", pl.when(deleted).then("app_at")).alias("_deletion_at"),
        )
        .with_columns(pl.when(pl.col("_deletion_at") == pl.col("app_at")).then("app_at").alias("deleted_at"))
        .with_columns(
            pl.when(pl.col("deleted_at").is_not_null())
            .then(pl.lit(DELETED))
            .otherwise("app_type")
            .alias("app_type"),
            pl.col("item_total_price").list.len().fill_null(0).cast(pl.Int64).alias("items"),
        )
        .drop("_newest_at", "_deletion_at")
    )


def _only_deletions(several: pl.LazyFrame) -> pl.LazyFrame:
    """Versions of the lists of which nothing but deletions is known."""
    return several.filter(pl.col("app_type").eq_missing(DELETED).all().over("list_id"))


def redeclarations(versions: pl.LazyFrame) -> pl.LazyFrame:
    """(list_id, at): when the enterprise sent a version that is not a deletion."""
    return versions.filter(pl.col("app_type").ne_missing(DELETED) & pl.col("app_at").is_not_null()).select(
        "list_id", pl.col("app_at").alias("at")
    )


def amendments(versions: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: amended_at, the first version that is a change (appType 2)."""
    changes = versions.filter(pl.col("app_type") == CHANGED)
    return changes.group_by("list_id").agg(pl.col("app_at").min().alias("amended_at"))
