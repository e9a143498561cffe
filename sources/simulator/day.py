"""One day of one flow: its lists, what becomes of them, and all the documents that tell it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sources.simulator.columns import Batch, Columns
from sources.simulator.export_documents import export_documents, export_lists
from sources.simulator.export_movements import export_movements, summaries
from sources.simulator.follow_ups import cancellations, returns
from sources.simulator.gate import gate_messages
from sources.simulator.groups import flights, trucks, vehicles
from sources.simulator.import_documents import import_orders, import_waybills, payments
from sources.simulator.import_lists import import_list_receipts, import_lists, tax_bills
from sources.simulator.lists import Lists
from sources.simulator.milestones import course
from sources.simulator.movements import inbound, signatures


def columns_of(lists: Lists, first_group: int) -> Columns:
    """Play a day's lists through; `first_group` numbers its flights, trucks and vehicles."""
    if lists.flow == "E":
        nothing_waits = np.full(len(lists), -1, dtype=np.int64)
        return Columns(lists, course(lists, nothing_waits), trucks(lists), None, first_group)
    arrivals, early = flights(lists)
    lands = np.where(early & (arrivals.of >= 0), arrivals.at[arrivals.of] if len(arrivals) else -1, -1)
    played = course(lists, lands)
    return Columns(lists, played, arrivals, vehicles(lists, played.released), first_group)


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
        yield inbound(c)
        yield signatures(c)
        yield returns(c)
        yield gate_messages(c)
    else:
        yield export_documents(c)
        yield export_lists(c)
        yield export_movements(c)
        yield summaries(c)
    yield cancellations(c)
