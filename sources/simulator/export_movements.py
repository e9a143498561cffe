"""Exports on the move: arrivals at the supervised place, master bills, departures, and the summaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from sources.simulator.chance import Ints
from sources.simulator.columns import Batch, Columns, Value, batch, lines, numbers, only, picked
from sources.simulator.export_documents import bill_columns, simplified
from sources.simulator.groups import together
from sources.simulator.import_documents import REQUEST, answered
from sources.simulator.text import decimals, digits, fixed, moments, nested, taken
from sources.simulator.world import HOUR, MINUTE, SECOND, day_of, midnight

#: Days of a month on which enterprises apply for the summary of what was closed before.
_SUMMARY_DAYS = (5, 15, 25)


def export_movements(c: Columns) -> Iterator[Batch]:
    """Arrivals (CEB507), master bills (CEB607) and departures (CEB509), each with its receipt."""
    groups = c.arrivals
    number = np.arange(len(groups), dtype=np.int64)
    members = groups.members
    starts = _starts(groups.counts)
    gnum = numbers(np.arange(len(members), dtype=np.int64) - np.repeat(starts, groups.counts) + 1)
    bag = fixed("TP", c.date, digits(np.repeat(number, groups.counts), 6))
    carried: dict[str, Value] = {
        "gnum": gnum,
        "logisticsNo": c.logistics_no.gather(members),
        "invtNo": c.invt_no.gather(members),
        "totalPackageNo": bag,
    }
    operator = number % len(c.people.operators)
    gross = np.add.reduceat(c.lists.gross_grams[members], starts) if len(members) else number
    shared: dict[str, Value] = {
        **REQUEST,
        **picked(only(c.carriage, "logisticsCode", "logisticsName"), groups.first_member),
        **picked(c.agent, groups.first_member),
        **bill_columns(c),
        "customsCode": taken(c.lists.offices, groups.office),
        "ieFlag": "E",
        "trafMode": "5",
        "operatorCode": c.people.operators.code(operator),
        "operatorName": c.people.operators.name(operator),
        "domesticTrafNo": fixed("豫A", digits(number % 90_000 + 10_000, 5)),
        "grossWeight": decimals(gross * 100),
        "msgCount": numbers(np.ones_like(number)),
        "msgSeqNo": numbers(np.ones_like(number)),
    }
    keys = ("guid", "operatorCode", "logisticsCode", "agentCode", "copNo", "preNo", "billNo", "msgSeqNo")
    leaves = groups.at + c.chance.between("leaves", groups.ids, 10, 30) * HOUR
    bill = groups.at + c.chance.between("master bill", groups.ids, 150, 300) * MINUTE
    for kind, answer, at, letter in (
        ("CEB507", "CEB508", groups.at, "A"),
        ("CEB607", "CEB608", bill, "M"),
        ("CEB509", "CEB510", leaves + 10 * MINUTE, "L"),
    ):
        values: dict[str, Value] = {
            **shared,
            "guid": c.guid(kind, groups.ids),
            "appTime": moments(at),
            "leaveTime": moments(leaves),
            "copNo": fixed(letter + "E" + c.date, digits(number, 6)),
            "preNo": fixed(letter + c.date, digits(number, 9)),
            "items": nested(lines(kind, len(members), carried), groups.counts),
        }
        made = batch(kind, at, values, group=c.first_group + number, at=at)
        yield made
        told = answered(c, answer, _with_shared(made, shared, keys), keys, own=groups.ids.astype(np.int64))
        yield Batch(told.kind, told.frame, told.at, {"group": c.first_group + number, "at": told.at})


def _with_shared(made: Batch, shared: dict[str, Value], keys: tuple[str, ...]) -> Batch:
    """The batch with the columns its receipt needs, also those its own kind does not have."""
    missing = [
        value.alias(name)
        for name, value in shared.items()
        if name in keys
        and name not in made.frame.columns
        and not isinstance(value, str)
        and value is not None
    ]
    return Batch(made.kind, made.frame.with_columns(missing), made.at, made.facts)


def summaries(c: Columns) -> Iterator[Batch]:
    """Summary applications of closed lists, their receipts and results (one a seller and office)."""
    closed = np.where(c.course.released >= 0, c.course.released + 30 * HOUR, -1)
    which = (closed >= 0) & ~simplified(c)
    _, groups = together(c.lists, which, c.lists.seller, 4)
    if not len(groups):
        return
    due = _next_summary(day_of(int(closed.max())))
    if midnight(due) >= c.world.end_ms:
        return
    number = np.arange(len(groups), dtype=np.int64)
    at = midnight(due) + 9 * HOUR + c.chance.between("summary", groups.ids, 0, 8 * 3600) * SECOND
    first = groups.first_member
    brokers = c.lists.agent[first]
    number_text = digits(number, 9)
    sum_no = fixed("S" + c.date, number_text)
    shared: dict[str, Value] = {
        **picked(c.agent, first),
        **picked(only(c.trade, "ebcCode", "ebcName"), first),
        "customsCode": taken(c.lists.offices, groups.office),
        "declAgentCode": c.people.agents.code(brokers),
        "declAgentName": c.people.agents.name(brokers),
        "msgCount": numbers(np.ones_like(number)),
        "msgSeqNo": numbers(np.ones_like(number)),
        "sumNo": sum_no,
    }
    days = {"startTime": c.lists.day, "endTime": c.lists.day}
    application: dict[str, Value] = {
        **REQUEST,
        **shared,
        **{name: _day(value, len(groups)) for name, value in days.items()},
        "guid": c.guid("CEB701", groups.ids),
        "appTime": moments(at),
        "copNo": fixed("SE" + c.date, digits(number, 6)),
        "preNo": fixed("H" + c.date, number_text),
        "summaryFlag": "1",
        "itemNameFlag": "0",
        "sumNo": None,
        "items": nested(
            lines("CEB701", len(groups.members), {"invtNo": c.invt_no.gather(groups.members)}), groups.counts
        ),
    }
    made = batch("CEB701", at, application)
    yield made
    keys = ("guid", "agentCode", "ebcCode", "copNo", "preNo", "sumNo", "msgSeqNo")
    numbered = Batch(made.kind, made.frame.with_columns(sum_no.alias("sumNo")), made.at)
    yield answered(c, "CEB702", numbered, keys, own=groups.ids.astype(np.int64))
    yield _results(c, shared, groups.members, groups.counts, at + 2 * HOUR, number_text)


def _results(
    c: Columns,
    shared: dict[str, Value],
    members: Ints,
    counts: Ints,
    at: Ints,
    number: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> Batch:
    items = c.lists.items
    edges = np.concatenate([[0], np.cumsum(c.lists.counts)]).astype(np.int64)
    each = c.lists.counts[members]
    starts = np.repeat(edges[members] - np.concatenate([[0], np.cumsum(each)[:-1]]), each)
    rows = (np.arange(int(each.sum()), dtype=np.int64) + starts).astype(np.int64)
    goods = {
        "invtNo": c.invt_no.gather(items.owner[rows]),
        "logisticsNo": c.logistics_no.gather(items.owner[rows]),
        "gnum": numbers(items.gnum[rows]),
        "gcode": c.product("gcode").gather(rows),
    }
    per_group = np.add.reduceat(each, _starts(counts))
    gross = np.add.reduceat(c.lists.gross_grams[members], _starts(counts))
    net = np.add.reduceat(c.lists.net_grams[members], _starts(counts))
    values: dict[str, Value] = {
        **shared,
        "guid": c.guid("CEB792", c.lists.ids[members[_starts(counts)]]),
        "opDate": moments(at),
        "declSeqNo": fixed("E" + c.date, number),
        "entryId": fixed("5" + c.date, number),
        "decState": "1",
        "grossWeight": decimals(gross * 100),
        "netWeight": decimals(net * 100),
        "items": nested(lines("CEB792", len(rows), goods), per_group),
    }
    return batch("CEB792", at, values)


def _next_summary(after: date) -> date:
    day = after + timedelta(days=1)
    while day.day not in _SUMMARY_DAYS:
        day += timedelta(days=1)
    return day


def _day(value: date, rows: int) -> Value:
    return pl.Series([value], dtype=pl.Date).new_from_index(0, rows)


def _starts(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
