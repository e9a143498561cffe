"""What the receipt statuses of a list mean, once for milestones, exclusions and state."""

from __future__ import annotations

import polars as pl

#: First time of which status gives which milestone of core.lists.
MILESTONES: dict[str, tuple[int, ...]] = {
    "saved_at": (1,),
    "declared_status_at": (2,),
    "sent_at": (3,),
    "failed_at": (4,),
    "rejected_at": (100,),
    "accepted_at": (120,),
    "review_at": (300,),
    "review_done_at": (399,),
    "waiting_at": (400,),
    "inspected_at": (500,),
    "detained_at": (501, 502, 503, 509, 599),
    "suspended_at": (600,),
    "returned_abroad_at": (700,),
    "released_at": (800,),
    "closed_at": (899,),
}
SENDING_FAILED, REJECTED, ACCEPTED, WAITING, SUSPENDED, RELEASED = 4, 100, 120, 400, 600, 800
DECLARING = 2
#: Statuses that a list can only have after it was declared (again): any of them ends a repair.
DECLARED = (2, 3, ACCEPTED, RELEASED)
#: Negative statuses whose text refuses a message and says nothing of the list: while a list stands accepted, they
#: leave it as it is. What each says: docs/decisions/0033-what-is-in-force.md.
MESSAGE_REFUSED = (
    -301014,
    -621041,
    -621042,
    -621043,
    -621049,
    -621053,
    -621055,
    -621057,
    -621999,
)
#: A cancellation or return with one of these statuses is granted.
GRANTED = ("399", "800", "899")
SIGNED = "S"  # waybill status
_MISSING_DOCUMENT = "(运单|支付单?|订单)(信息)?不存在"


def code(status: str = "status") -> pl.Expr:
    """Status as a number; null for one that is none (kept, but without a meaning)."""
    return pl.col(status).cast(pl.Int32, strict=False)


def is_error() -> pl.Expr:
    """A processing error: any negative status."""
    return pl.col("code") < 0


def is_rejection() -> pl.Expr:
    """A status after which the enterprise has to declare again: 100, 4, a negative one."""
    return pl.col("code").is_in((REJECTED, SENDING_FAILED)) | is_error()


def refuses_message() -> pl.Expr:
    """A status that refuses only a message, if the list stands accepted."""
    return pl.col("code").is_in(MESSAGE_REFUSED)


def is_refusal(status: str) -> pl.Expr:
    """A request was refused: 100 or a negative status."""
    return (pl.col(status) == str(REJECTED)) | (code(status) < 0).fill_null(False)


def names_missing_document() -> pl.Expr:
    """Status 2 whose text says that the order, the payment or the waybill is missing."""
    return (pl.col("code") == DECLARING) & pl.col("info").str.contains(_MISSING_DOCUMENT).fill_null(False)


def procedure_order() -> pl.Expr:
    """Order of statuses with the same time: the procedure's; errors with rejections, words last."""
    return pl.when(is_error()).then(REJECTED).otherwise(pl.col("code").fill_null(2**31 - 1))
