"""The state of a list: exactly one of ten."""

from __future__ import annotations

import polars as pl

from transforms.statuses import REJECTED, SENDING_FAILED, SUSPENDED, WAITING

STATES = (
    "declared",
    "accepted",
    "waiting",
    "inspected",
    "suspended",
    "released",
    "closed",
    "rejected",
    "cancelled",
    "returned",
)
#: What has become of an accepted list: every state belongs to exactly one of these.
OUTCOMES = ("released", "open", "cancelled", "rejected", "returned")
OUTCOME_OF = {
    state: {"closed": "released"}.get(state, state if state in OUTCOMES else "open") for state in STATES
}
_INSPECTED = (500, 501, 502, 503, 509, 599)
_ACCEPTED = (120, 300, 399)
_BEFORE_ACCEPTANCE = (1, 2, 3)


def with_state(lists: pl.LazyFrame) -> pl.LazyFrame:
    """Adds `state` and `state_at`; needs the milestones, `last_code`, `last_at`, `app_at` and `_withdrawn_at`.

    Returned, cancelled, closed and released stand above any later status, in this order; else the last
    status decides. A version sent after a rejection or a cancellation declares the list again, even before its
    receipts.
    A list without receipts is declared.
    """
    rejected = pl.col("last_code").is_in((REJECTED, SENDING_FAILED)) | (pl.col("last_code") < 0)
    withdrawn = (pl.col("_withdrawn_at") > pl.col("last_at")).fill_null(False)
    again = (rejected | withdrawn) & (pl.col("app_at") > pl.col("last_at"))
    state = (
        pl.when(pl.col("returned_at").is_not_null())
        .then(pl.lit("returned"))
        .when(pl.col("cancelled_at").is_not_null())
        .then(pl.lit("cancelled"))
        .when(pl.col("closed_at").is_not_null())
        .then(pl.lit("closed"))
        .when(pl.col("released_at").is_not_null())
        .then(pl.lit("released"))
        .when(again)
        .then(pl.lit("declared"))
        .when(rejected)
        .then(pl.lit("rejected"))
        .when(pl.col("last_code") == SUSPENDED)
        .then(pl.lit("suspended"))
        .when(pl.col("last_code").is_in(_INSPECTED))
        .then(pl.lit("inspected"))
        .when(pl.col("last_code") == WAITING)
        .then(pl.lit("waiting"))
        .when(pl.col("last_code").is_in(_BEFORE_ACCEPTANCE))
        .then(pl.lit("declared"))
        .when(pl.col("last_code").is_in(_ACCEPTED) | pl.col("accepted_at").is_not_null())
        .then(pl.lit("accepted"))
        .otherwise(pl.lit("declared"))
    )
    since = pl.coalesce(
        "returned_at",
        "cancelled_at",
        "closed_at",
        "released_at",
        pl.when(again).then("app_at"),
        "last_at",
        "declared_at",
    )
    return lists.with_columns(state.alias("state"), since.alias("state_at"))
