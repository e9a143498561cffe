"""One day of one flow: its lists, what becomes of them, and all the documents that tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sources.simulator.chance import Flags
from sources.simulator.columns import Batch, Columns
from sources.simulator.export_documents import export_documents, export_lists
from sources.simulator.export_movements import export_movements, summaries
from sources.simulator.follow_ups import cancellations, returns
from sources.simulator.gate import gate_messages
from sources.simulator.groups import Groups, flights, trucks, vehicles
from sources.simulator.import_documents import import_orders, import_waybills, payments
from sources.simulator.import_lists import import_list_receipts, import_lists, tax_bills
from sources.simulator.lists import Lists
from sources.simulator.milestones import course, unplayed
from sources.simulator.movements import inbound, signatures
from sources.simulator.truth_log import TruthLog


@dataclass(frozen=True)
class Arrivals:
    """Flights of a day's imports; `early` are the lists declared before theirs has landed."""

    groups: Groups
    early: Flags
    first: int  # number of the first flight over the whole simulation


def direct_arrivals(lists: Lists, log: TruthLog) -> tuple[Arrivals, Iterator[Batch]]:
    """Flights of a day's imports and their documents. Many land days before their lists are declared."""
    groups, early = flights(lists)
    arrivals = Arrivals(groups, early, log.new_groups(len(groups)))
    return arrivals, inbound(Columns(lists, unplayed(), groups, None, (arrivals.first, 0)))


def columns_of(lists: Lists, arrivals: Arrivals | None, log: TruthLog) -> Columns:
    """Play a day's lists through; imports come with their flights, exports with trucks of their own."""
    if arrivals is None:
        nothing_waits = np.full(len(lists), -1, dtype=np.int64)
        brought = trucks(lists)
        return Columns(lists, course(lists, nothing_waits), brought, None, (log.new_groups(len(brought)), 0))
    groups = arrivals.groups
    lands = np.where(arrivals.early & (groups.of >= 0), groups.at[groups.of] if len(groups) else -1, -1)
    played = course(lists, lands)
    gate = vehicles(lists, played.released)
    return Columns(lists, played, groups, gate, (arrivals.first, log.new_groups(len(gate))))


def sections_of(c: Columns) -> Iterator[Iterator[Batch]]:
    """Every document about the lists of the day, whatever day it comes on; no kind is in two sections."""
    if not len(c.lists):
        return
    if c.letter == "I":
        yield import_orders(c)
        yield payments(c)
        yield import_waybills(c)
        yield import_lists(c)
        yield iter((import_list_receipts(c),))
        yield tax_bills(c)
        yield signatures(c)
        yield returns(c)
        yield gate_messages(c)
    else:
        yield export_documents(c)
        yield export_lists(c)
        yield export_movements(c)
        yield summaries(c)
    yield cancellations(c)
