"""Why lists were rejected: the known phrases of the receipts, as reasons."""

from __future__ import annotations

import polars as pl

from transforms.statuses import SENDING_FAILED, is_error, is_rejection

OTHER = "other"
#: Reason -> phrases of a receipt's text (codes.md 2.1); the first reason of which a phrase is found counts.
REASONS: dict[str, tuple[str, ...]] = {
    "payer": ("订购人与支付人不匹配",),
    "annual_limit": ("订购人超过年度限额",),
    "identity": ("身份验证未通过", "请核对身份信息"),
    "duplicate_key": ("清单中业务主键重复", "存在已申报清单"),
    "platform_name": ("支付单电商平台名称与订单中的电商平台名称不一致",),
    "missing_document": (
        "运单信息不存在",
        "支付信息不存在",
        "订单信息不存在",
        "订单不存在",
        "运单不存在",
        "支付单不存在",
        "单证缺失",
    ),
    "address": ("收件地址不详",),
    "unknown_goods": ("商品编码未备案",),
    "old_version": ("接收报文为旧报文数据", "已存在较新清单"),
    "not_amendable": (
        "清单不存在",
        "清单目前的状态不允许进行改单申报操作",
        "改单失败",
        "海关清单编号不允许修改",
    ),
    "too_soon": ("短时间内不能重复新增申报操作",),
    "signature": ("验签失败",),
    "format": ("报文校验失败", "senderId与传输节点dxpId信息不一致", "系统异常"),
}
#: Reasons told by the status where the text tells none.
SENDING, ERROR = "sending_failed", "error"
#: No rejection of the list: a message about an accepted list was refused (statuses.MESSAGE_REFUSED).
MESSAGE = "message_refused"


def rejections(runs: pl.LazyFrame, messages: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: `rejections`, each run of a status that asks for a new declaration, with its reason.

    Beside them the refused `messages` about lists that stand accepted, as a reason of their own, repeated ones once.
    """
    refused = messages.filter(~pl.col("repeated")).select("list_id", "at", pl.lit(MESSAGE).alias("reason"))
    return (
        pl.concat([runs.filter(is_rejection()).select("list_id", "at", _reason()), refused])
        .sort("list_id", "at", "reason")
        .group_by("list_id", maintain_order=True)
        .agg(pl.struct("at", "reason").alias("rejections"))
    )


def _reason() -> pl.Expr:
    told = pl.lit(None, dtype=pl.String)
    for reason, phrases in reversed(REASONS.items()):
        found = pl.col("info").str.contains_any(list(phrases)).fill_null(False)
        told = pl.when(found).then(pl.lit(reason)).otherwise(told)
    by_status = (
        pl.when(pl.col("code") == SENDING_FAILED)
        .then(pl.lit(SENDING))
        .when(is_error())
        .then(pl.lit(ERROR))
        .otherwise(pl.lit(OTHER))
    )
    return pl.coalesce(told, by_status).alias("reason")
