"""Import lists of one day, their receipts and their tax bills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from sources.simulator.chance import Ints
from sources.simulator.columns import Batch, Columns, Value, batch, lines, numbers, only, picked
from sources.simulator.import_documents import REQUEST
from sources.simulator.milestones import INFO
from sources.simulator.movements import flight_columns
from sources.simulator.text import decimals, digits, fixed, moments, money, nested, taken
from sources.simulator.world import HOUR, midnight


def import_lists(c: Columns) -> Iterator[Batch]:
    """Lists, and those declared a second time."""
    lists = c.lists
    bonded = ~lists.mode_is("9610")
    own = pl.Series(bonded)
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(lists))
    flown = picked(only(flight_columns(c), "voyageNo", "billNo", "trafNo"), c.arrivals.of[~bonded])
    values: dict[str, Value] = {
        **REQUEST,
        **c.trade,
        **c.carriage,
        **c.agent,
        "guid": c.list_guid,
        "appTime": moments(lists.app),
        "orderNo": c.order_no,
        "copNo": c.cop_no,
        "assureCode": c.people.guarantors.code(lists.platform),
        "emsNo": empty.zip_with(
            ~own,
            fixed(
                "T",
                c.bytes_of_office(lists.office),
                "W",
                digits(lists.seller % len(c.people.warehouses) + 1, 6),
            ),
        ),
        "ieFlag": "I",
        "declTime": pl.Series([lists.day], dtype=pl.Date).new_from_index(0, len(lists)),
        "ieDate": pl.Series([lists.day], dtype=pl.Date).new_from_index(0, len(lists)),
        "customsCode": c.office,
        "portCode": c.office,
        "buyerIdType": "1",
        "buyerIdNumber": c.buyer_id,
        "buyerName": c.buyer_name,
        "buyerTelephone": c.buyer_phone,
        "consigneeAddress": c.buyer_address,
        "areaCode": empty.zip_with(~own, c.people.warehouses.code(lists.seller % len(c.people.warehouses))),
        "areaName": empty.zip_with(~own, c.people.warehouses.name(lists.seller % len(c.people.warehouses))),
        "tradeMode": c.mode,
        "trafMode": taken(("5", "W"), bonded.astype(np.int64)),
        **{name: empty.clone().scatter(np.flatnonzero(~bonded), value) for name, value in flown.items()},
        "country": taken(("142", "116", "502"), np.where(bonded, 0, 1 + lists.seller % 2)),
        "freight": money(lists.freight),
        "insuredFee": money(np.zeros_like(lists.app)),
        "currency": "142",
        "wrapType": "2",
        "packNo": numbers(lists.packs),
        "grossWeight": decimals(lists.gross_grams * 100),
        "netWeight": decimals(lists.net_grams * 100),
        "items": nested(lines("CEB621", len(lists.items.owner), list_lines(c, "116")), lists.counts),
    }
    made = batch("CEB621", lists.app, values, **list_facts(c, lists.positions, np.zeros_like(lists.app)))
    yield made
    yield second_declaration(c, made)


def list_lines(c: Columns, partner: str) -> dict[str, Value]:
    """Goods lines of a list: those of the order, with the commodity code and the statutory quantities."""
    grams = np.array([each.grams for each in c.lists.catalogue], dtype=np.int64)[c.lists.items.product]
    weighed = taken([each.unit1 for each in c.lists.catalogue], c.lists.items.product) == "035"
    first = np.where(weighed.to_numpy(), grams * c.lists.items.qty * 100, c.lists.items.qty * 100_000)
    second = c.product("unit2")
    pieces = pl.Series([None], dtype=pl.Decimal(19, 5)).new_from_index(0, len(first))
    return {
        **c.goods,
        "gcode": c.product("gcode"),
        "gname": c.product("name"),
        "tradeCountry": partner,
        "qty1": decimals(first),
        "unit1": c.product("unit1"),
        "qty2": money(c.lists.items.qty * 100).zip_with(second.is_not_null(), pieces),
        "unit2": second,
    }


def list_facts(c: Columns, which: Ints, attempt: Ints) -> dict[str, Ints]:
    """What the truth needs of a declaration."""
    return {"list": c.lists.first + which, "attempt": attempt}


def second_declaration(c: Columns, first: Batch) -> Batch:
    """Lists declared again after a rejection: the same list, a later time and an own id."""
    which = np.flatnonzero(c.course.again)
    at, ones = c.course.app2[which], np.ones(len(which), dtype=np.int64)
    values = picked({name: first.frame.get_column(name) for name in first.frame.columns}, which)
    values |= {"guid": c.list_guid_of(which, ones), "appTime": moments(at)}
    return batch(first.kind, at, values, **list_facts(c, which, ones))


def import_list_receipts(c: Columns) -> Batch:
    """Every status of the lists."""
    e = c.events
    invt = c.invt_no.gather(e.list).set(pl.Series((e.status < 100) | (e.at < 0)), None)
    values: dict[str, Value] = {
        "guid": c.list_guid_of(e.list, e.attempt),
        **receipt_values(c),
        "preNo": c.pre_no_of(e.list, e.attempt),
        "invtNo": invt,
    }
    for name, value in only(c.trade, "ebpCode", "ebcCode").items():
        assert isinstance(value, pl.Series)
        values[name] = value.gather(e.list)
    values["customsCode"] = c.office.gather(e.list)
    return batch("CEB622", e.at, values, **event_facts(c))


def receipt_values(c: Columns) -> dict[str, Value]:
    """Columns of a list receipt that imports and exports share."""
    e = c.events
    status, inverse = np.unique(e.status, return_inverse=True)
    agent = c.agent["agentCode"]
    assert isinstance(agent, pl.Series)
    return {
        "agentCode": agent.gather(e.list),
        "copNo": c.cop_no.gather(e.list),
        "returnStatus": taken([str(each) for each in status], inverse.astype(np.int64)),
        "returnTime": moments(e.at),
        "returnInfo": taken(INFO, e.info),
    }


def event_facts(c: Columns) -> dict[str, Ints]:
    """What the truth needs of a list receipt."""
    e = c.events
    return {
        "list": c.lists.first + e.list,
        "attempt": e.attempt,
        "status": e.status,
        "at": e.at,
        "missing": ((e.info >= 1) & (e.info <= 3)).astype(np.int64),
    }


def tax_bills(c: Columns) -> Iterator[Batch]:
    """Tax bills of released lists, their summary, and the voiding of those whose goods came back."""
    taxed = c.course.released + c.chance.between("taxed", c.lists.ids, 2, 2_000)
    billed = (c.course.released >= 0) & (taxed < c.world.end_ms)
    which = np.flatnonzero(billed)
    at, keep = taxed[which], billed[c.lists.items.owner]
    items = c.lists.items
    rows = lines(
        "CEB816",
        int(keep.sum()),
        {
            "gnum": numbers(items.gnum[keep]),
            "gcode": c.product("gcode").filter(pl.Series(keep)),
            "taxPrice": money(items.total[keep]),
            "customsTax": money(np.zeros_like(items.total[keep])),
            "valueAddedTax": money(items.tax[keep]),
            "consumptionTax": money(np.zeros_like(items.total[keep])),
        },
    )
    nothing = np.zeros_like(at)
    values: dict[str, Value] = {
        **picked(only(c.trade, "ebcCode"), which),
        **picked(only(c.carriage, "logisticsCode", "logisticsNo"), which),
        **picked(only(c.agent, "agentCode"), which),
        "guid": c.guid("CEB816", c.lists.ids[which]),
        "returnTime": moments(at),
        "invtNo": c.invt_no.gather(which),
        "taxNo": c.invt_no.gather(which) + "_0",
        "customsTax": money(nothing),
        "valueAddedTax": money(c.lists.tax[which]),
        "consumptionTax": money(nothing),
        "status": "1",
        "entDutyNo": fixed("JK" + c.date, digits(which, 9)),
        "assureCode": c.people.guarantors.code(c.lists.platform[which]),
        "customsCode": c.office.gather(which),
        "orderNo": c.order_no.gather(which),
        "items": nested(rows, c.lists.counts[which]),
    }
    made = batch(
        "CEB816", at, values, list=c.number[which], tax=c.lists.tax[which], at=at, status=nothing + 1
    )
    yield made
    yield from _follow_ups(c, made, which)


def _follow_ups(c: Columns, bills: Batch, which: Ints) -> Iterator[Batch]:
    """Bills are summarised at the start of the second month after, but those of goods that came back before: void."""
    month = c.lists.day.month + 1
    due = midnight(date(c.lists.day.year + month // 12, month % 12 + 1, 1)) + 2 * HOUR
    back = np.flatnonzero(c.returned_at[which] >= 0)
    later = c.returned_at[which[back]] + 3 * HOUR
    if due < c.world.end_ms:
        yield _summarised(c, bills, np.setdiff1d(np.arange(len(which)), back[later < due]), due)
    void = picked({name: bills.frame.get_column(name) for name in bills.frame.columns}, back)
    void |= {"returnTime": moments(later), "status": "3"}
    facts = {
        "list": c.number[which[back]],
        "tax": c.lists.tax[which[back]],
        "at": later,
        "status": back * 0 + 3,
    }
    yield batch("CEB816", later, void, **facts)


def _summarised(c: Columns, bills: Batch, chosen: Ints, due: int) -> Batch:
    """Status 2 of the chosen tax bills, one after the other."""
    names = ("guid", "invtNo", "taxNo", "entDutyNo", "assureCode")
    values: dict[str, Value] = picked({name: bills.frame.get_column(name) for name in names}, chosen)
    at = due + chosen.astype(np.int64)
    return batch("CEB818", at, {**values, "returnTime": moments(at), "status": "2"})
