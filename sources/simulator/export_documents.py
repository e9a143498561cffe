"""Export orders, receipts of payment, waybills, lists and list receipts of one day."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from sources.simulator.columns import Batch, Columns, Value, batch, lines, numbers, only, picked
from sources.simulator.goods import DESTINATIONS
from sources.simulator.import_documents import REQUEST, answered
from sources.simulator.import_lists import (
    event_facts,
    list_facts,
    list_lines,
    receipt_values,
    second_declaration,
)
from sources.simulator.text import decimals, digits, fixed, moments, money, nested, taken
from sources.simulator.world import SECOND


def export_documents(c: Columns) -> Iterator[Batch]:
    """Orders, receipts of payment and waybills, each with its receipt."""
    lists = c.lists
    currency = taken(("142", "502"), lists.dollars.astype(np.int64))
    kinds = taken(("E", "B", "W"), np.where(lists.mode_is("9810"), 2, np.where(lists.mode_is("9710"), 1, 0)))
    at = lists.earlier("order", 20, 240)
    order: dict[str, Value] = {
        **REQUEST,
        **c.trade,
        "guid": c.guid("CEB303"),
        "appTime": moments(at),
        "orderType": kinds,
        "orderNo": c.order_no,
        "goodsValue": money(lists.goods),
        "freight": money(lists.freight),
        "currency": currency,
        "items": nested(lines("CEB303", len(lists.items.owner), c.goods), lists.counts),
    }
    made = batch("CEB303", at, order, list=c.number)
    yield made
    yield answered(c, "CEB304", made, ("guid", "ebpCode", "ebcCode", "orderNo"))

    at = lists.earlier("payment", 15, 200)
    payment: dict[str, Value] = {
        **REQUEST,
        **c.trade,
        "guid": c.guid("CEB403"),
        "appTime": moments(at),
        "orderNo": c.order_no,
        "payCode": c.people.payers.code(lists.payer),
        "payName": c.people.payers.name(lists.payer),
        "payNo": c.pay_no,
        "charge": money(lists.goods + lists.freight),
        "currency": currency,
        "accountingDate": moments(at - c.chance.between("paid", lists.ids, 5, 600) * SECOND),
    }
    made = batch("CEB403", at, payment, list=c.number)
    yield made
    yield answered(c, "CEB404", made, ("guid", "ebcCode", "orderNo", "payNo"), list=c.number)

    at = lists.earlier("waybill", 5, 90)
    waybill: dict[str, Value] = {
        **REQUEST,
        **c.carriage,
        **only(c.trade, "ebcCode", "ebcName"),
        "guid": c.guid("CEB505"),
        "appTime": moments(at),
        "freight": money(lists.freight),
        "insuredFee": money(np.zeros_like(at)),
        "currency": currency,
        "grossWeight": decimals(lists.gross_grams * 100),
        "packNo": numbers(lists.packs),
        "goodsInfo": c.goods_name,
    }
    made = batch("CEB505", at, waybill, list=c.number)
    yield made
    yield answered(c, "CEB506", made, ("guid", "logisticsCode", "logisticsNo"))


def simplified(c: Columns) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Lists declared in the simplified way (statisticsFlag A): they need no summary."""
    return c.lists.seller % 10 < 7


def bill_columns(c: Columns) -> dict[str, Value]:
    """Vehicle, voyage and master bill of each truck load."""
    number = np.arange(len(c.arrivals), dtype=np.int64)
    return {
        "trafName": fixed("CZ", digits(number % 900 + 100, 3)),
        "voyageNo": fixed("CZ", digits(number % 900 + 100, 3), c.date[2:]),
        "billNo": fixed("999-", c.date[2:], digits(number, 4)),
    }


def export_lists(c: Columns) -> Iterator[Batch]:
    """Export lists, those declared a second time, and every status of them."""
    lists = c.lists
    where = c.chance.below("destination", lists.ids, len(DESTINATIONS))
    bonded = lists.mode_is("1210")
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(lists))
    warehouse = lists.seller % len(c.people.warehouses)
    account = fixed("T", c.bytes_of_office(lists.office), "W", digits(warehouse + 1, 6))
    values: dict[str, Value] = {
        **REQUEST,
        **c.trade,
        **c.carriage,
        **c.agent,
        **picked(bill_columns(c), c.arrivals.of),
        "guid": c.list_guid,
        "appTime": moments(lists.app),
        "customsCode": c.office,
        "portCode": c.office,
        "orderNo": c.order_no,
        "copNo": c.cop_no,
        "ieFlag": "E",
        "ieDate": pl.Series([lists.day], dtype=pl.Date).new_from_index(0, len(lists)),
        "statisticsFlag": taken(("B", "A"), simplified(c).astype(np.int64)),
        "ownerCode": c.trade["ebcCode"],
        "ownerName": c.trade["ebcName"],
        "emsNo": empty.zip_with(pl.Series(~bonded), account),
        "tradeMode": c.mode,
        "trafMode": "5",
        "totalPackageNo": fixed("TP", c.date, digits(c.arrivals.of, 6)),
        "country": taken([each[0] for each in DESTINATIONS], where),
        "pod": taken([each[1] for each in DESTINATIONS], where),
        "freight": money(lists.freight),
        "fCurrency": taken(("142", "502"), lists.dollars.astype(np.int64)),
        "fFlag": "3",
        "insuredFee": money(np.zeros_like(lists.app)),
        "iCurrency": "142",
        "iFlag": "3",
        "wrapType": "2",
        "packNo": numbers(lists.packs),
        "grossWeight": decimals(lists.gross_grams * 100),
        "netWeight": decimals(lists.net_grams * 100),
        "items": nested(
            lines("CEB603", len(lists.items.owner), {**list_lines(c, "142"), **_destination(c, where)}),
            lists.counts,
        ),
    }
    made = batch("CEB603", lists.app, values, **list_facts(c, lists.positions, np.zeros_like(lists.app)))
    yield made
    yield second_declaration(c, made)
    yield _receipts(c)


def _destination(c: Columns, where: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, Value]:
    """Export items bear the country of destination."""
    return {"country": taken([each[0] for each in DESTINATIONS], where[c.lists.items.owner])}


def _receipts(c: Columns) -> Batch:
    e = c.events
    values: dict[str, Value] = {
        "guid": c.list_guid_of(e.list, e.attempt),
        **receipt_values(c),
        "preNo": c.pre_no_of(e.list, e.attempt),
        "invtNo": c.invt_no.gather(e.list),
        "orderNo": c.order_no.gather(e.list),
        **picked(only(c.trade, "ebpCode", "ebcCode"), e.list),
        "statisticsFlag": taken(("B", "A"), simplified(c)[e.list].astype(np.int64)),
    }
    return batch("CEB604", e.at, values, **event_facts(c))
