"""Parcels on the move: inbound details of flights, and the signature at the door."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sources.simulator.columns import Batch, Columns, Value, batch, lines, numbers, only, picked
from sources.simulator.import_documents import REQUEST, answered
from sources.simulator.text import digits, fixed, moments, nested, taken
from sources.simulator.world import MINUTE, SECOND


def flight_columns(c: Columns) -> dict[str, Value]:
    """Flight, bill of lading and office of each flight."""
    groups = c.arrivals
    number = np.arange(len(groups), dtype=np.int64)
    return {
        "customsCode": taken(c.lists.offices, groups.office),
        "trafMode": "5",
        "trafNo": fixed("CZ", digits(number % 900 + 100, 3)),
        "voyageNo": fixed("CZ", digits(number % 900 + 100, 3), c.date[2:]),
        "billNo": fixed("784-", c.date[2:], digits(number, 4)),
    }


def inbound(c: Columns) -> Iterator[Batch]:
    """Inbound details of flights, and their receipts."""
    if not len(c.arrivals):
        return
    groups = c.arrivals
    number = np.arange(len(groups), dtype=np.int64)
    logistics = picked(only(c.carriage, "logisticsCode", "logisticsName"), groups.first_member)
    members = np.arange(int(groups.counts.sum()), dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(groups.counts)[:-1]]).astype(np.int64)
    rows = lines(
        "CEB711",
        len(members),
        {
            "gnum": numbers(members - np.repeat(starts, groups.counts) + 1),
            "logisticsNo": c.logistics_no.gather(groups.members),
        },
    )
    operator = number % len(c.people.operators)
    values: dict[str, Value] = {
        **REQUEST,
        **flight_columns(c),
        **logistics,
        "guid": c.guid("CEB711", groups.ids),
        "appTime": moments(groups.at),
        "copNo": fixed("RK" + c.date, digits(number, 6)),
        "preNo": fixed("R" + c.date, digits(number, 9)),
        "rkdNo": fixed(c.bytes_of_office(groups.office), c.date, digits(number, 6)),
        "operatorCode": c.people.operators.code(operator),
        "operatorName": c.people.operators.name(operator),
        "ieFlag": "I",
        "items": nested(rows, groups.counts),
    }
    made = batch("CEB711", groups.at, values, group=c.first_group + number, at=groups.at)
    yield made
    keys = ("guid", "customsCode", "operatorCode", "copNo", "preNo", "rkdNo")
    told = answered(c, "CEB712", made, keys, own=groups.ids.astype(np.int64))
    yield Batch(told.kind, told.frame, told.at, {"group": c.first_group + number, "at": told.at})


def signatures(c: Columns) -> Iterator[Batch]:
    """Waybill status S some days after the release."""
    ids = c.lists.ids
    mean = max(c.world.calibration.times["delivery_h"] - 24.0, 1.0)
    later = 24 * 60 * MINUTE + np.minimum(c.chance.exponential_ms("signed", ids, mean), 96 * 60 * MINUTE)
    signed = (c.course.released + later) // SECOND * SECOND
    at = signed + c.chance.between("signed told", ids, 60, 600) * SECOND
    which = np.flatnonzero((c.course.released >= 0) & (at < c.world.end_ms))
    at, signed, ids = at[which], signed[which], ids[which]
    values: dict[str, Value] = {
        **REQUEST,
        **picked(c.carriage, which),
        "guid": c.guid("CEB513", ids),
        "appTime": moments(at),
        "logisticsStatus": "S",
        "logisticsTime": moments(signed),
    }
    made = batch("CEB513", at, values, list=c.number[which], at=signed)
    yield made
    keys = ("guid", "logisticsCode", "logisticsNo", "logisticsStatus")
    yield answered(c, "CEB514", made, keys, own=ids.astype(np.int64))
