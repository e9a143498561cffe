"""Import orders, payments and waybills of one day's lists, and the receipts that answer them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sources.simulator.chance import Ints
from sources.simulator.columns import Batch, Columns, Value, batch, lines, numbers, only, picked
from sources.simulator.milestones import INFO, PASSED
from sources.simulator.text import decimals, moments, money, nested
from sources.simulator.world import SECOND

REQUEST: dict[str, Value] = {"appType": "1", "appStatus": "2"}


def answered(
    c: Columns, kind: str, asked: Batch, keys: tuple[str, ...], own: Ints | None = None, **facts: Ints
) -> Batch:
    """The receipt 120 to each document of a batch, a few seconds later."""
    ids = c.lists.ids if own is None else own.astype(np.uint64)
    after = np.clip(c.chance.lognormal("answer " + kind, ids, 2500, 0.6).astype(np.int64), 300, 60 * SECOND)
    at = asked.at + after
    values: dict[str, Value] = {name: asked.frame.get_column(name) for name in keys}
    values |= {"returnStatus": "120", "returnTime": moments(at), "returnInfo": INFO[PASSED]}
    return batch(kind, at, values, **facts)


def import_orders(c: Columns) -> Iterator[Batch]:
    """Orders, and those the enterprise changed before the list."""
    lists, items = c.lists, c.lists.items
    at = lists.earlier("order", 10, 90)
    goods = nested(lines("CEB311", len(items.owner), c.goods), lists.counts)
    values: dict[str, Value] = {
        **REQUEST,
        **c.trade,
        "guid": c.guid("CEB311"),
        "appTime": moments(at),
        "orderType": "I",
        "orderNo": c.order_no,
        "goodsValue": money(lists.goods),
        "freight": money(lists.freight),
        "discount": money(lists.discount),
        "taxTotal": money(lists.tax),
        "acturalPaid": money(lists.paid),
        "currency": "142",
        "buyerRegNo": c.people.account_of(lists.buyer),
        "buyerName": c.buyer_name,
        "buyerTelephone": c.buyer_phone,
        "buyerIdType": "1",
        "buyerIdNumber": c.buyer_id,
        "payCode": c.people.payers.code(lists.payer),
        "payName": c.people.payers.name(lists.payer),
        "payTransactionId": c.pay_no,
        "consignee": c.buyer_name,
        "consigneeTelephone": c.buyer_phone,
        "consigneeAddress": c.buyer_address,
        "items": goods,
    }
    made = batch("CEB311", at, values, list=c.number, version=np.zeros_like(at))
    yield made
    keys = ("guid", "ebpCode", "ebcCode", "orderNo")
    yield answered(c, "CEB312", made, keys)
    changed = np.flatnonzero(c.chance.happens("re_sent", lists.ids, c.world.calibration.shares["re_sent"]))
    later = at[changed] + c.chance.between("re_sent at", lists.ids[changed], 60, 540) * SECOND
    again = picked({name: made.frame.get_column(name) for name in made.frame.columns}, changed)
    again |= {"guid": c.guid("CEB311 changed", lists.ids[changed]), "appType": "2", "appTime": moments(later)}
    second = batch("CEB311", later, again, list=c.number[changed], version=np.ones_like(later))
    yield second
    yield answered(c, "CEB312", second, keys, own=lists.ids[changed].astype(np.int64) + 1)


def payments(c: Columns) -> Iterator[Batch]:
    """Payments of the orders."""
    lists = c.lists
    at = lists.earlier("payment", 8, 95)
    paid_at = at - c.chance.between("paid", lists.ids, 5, 120) * SECOND
    values: dict[str, Value] = {
        **REQUEST,
        **only(c.trade, "ebpCode", "ebpName"),
        "guid": c.guid("CEB411"),
        "appTime": moments(at),
        "payCode": c.people.payers.code(lists.payer),
        "payName": c.people.payers.name(lists.payer),
        "payTransactionId": c.pay_no,
        "orderNo": c.order_no,
        "payerIdType": "1",
        "payerIdNumber": c.buyer_id,
        "payerName": c.buyer_name,
        "telephone": c.buyer_phone,
        "amountPaid": money(lists.paid),
        "currency": "142",
        "payTime": moments(paid_at),
    }
    made = batch("CEB411", at, values, list=c.number)
    yield made
    yield answered(c, "CEB412", made, ("guid", "payCode", "payTransactionId"), list=c.number)


def import_waybills(c: Columns) -> Iterator[Batch]:
    """Waybills of the parcels."""
    lists = c.lists
    at = lists.earlier("waybill", 4, 60)
    values: dict[str, Value] = {
        **REQUEST,
        **c.carriage,
        "guid": c.guid("CEB511"),
        "appTime": moments(at),
        "orderNo": c.order_no,
        "freight": money(lists.freight),
        "insuredFee": money(np.zeros_like(at)),
        "currency": "142",
        "weight": decimals(lists.gross_grams * 100),
        "packNo": numbers(lists.packs),
        "goodsInfo": c.goods_name,
        "consignee": c.buyer_name,
        "consigneeAddress": c.buyer_address,
        "consigneeTelephone": c.buyer_phone,
    }
    made = batch("CEB511", at, values, list=c.number)
    yield made
    yield answered(c, "CEB512", made, ("guid", "logisticsCode", "logisticsNo"))
