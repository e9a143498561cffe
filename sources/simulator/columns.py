"""The columns that several documents of one list share: its numbers, its people, its firms.

Numbers follow messages.md 1.2: preNo `B`+date+9 digits, invtNo customs code+year+`I`/`E`+9 digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl

from sources.contracts import CONTRACTS
from sources.simulator.chance import Ids, Ints
from sources.simulator.groups import Groups
from sources.simulator.lists import Lists
from sources.simulator.milestones import Course, Events, distinct
from sources.simulator.text import Bytes, codes, digits, fixed, guids, money, taken
from sources.simulator.world import DAY, MINUTE, SECOND

Value = pl.Series | str | None

#: Room between the numbers of imports, exports and second declarations of one day.
_EXPORTS, _AGAIN = 500_000_000, 250_000_000
_LISTS_A_DAY = 2_730_000


@dataclass(frozen=True)
class Batch:
    """Documents of one kind in CEB field names; `at` is the time that decides the day of delivery.

    `facts` are the whole numbers the truth is computed from (list and group numbers, statuses, times).
    """

    kind: str
    frame: pl.DataFrame
    at: Ints
    facts: dict[str, Ints] = field(default_factory=dict)


def batch(kind: str, at: Ints, values: Mapping[str, Value], /, **facts: Ints) -> Batch:
    """A batch in the column order of the contract; a field not named is empty, a text is the same for all."""
    contract, rows, columns = CONTRACTS[kind], len(at), []
    for each in contract.fields:
        value = values.get(each.name)
        if isinstance(value, pl.Series):
            columns.append(value.alias(each.name))
        else:
            columns.append(pl.Series(each.name, [value], dtype=each.polars_type).new_from_index(0, rows))
    if contract.items:
        items = values["items"]
        assert isinstance(items, pl.Series)
        columns.append(items.alias("items"))
    return Batch(kind, pl.DataFrame(columns), at, dict(facts))


def lines(kind: str, rows: int, values: Mapping[str, Value]) -> pl.DataFrame:
    """Items of a kind in contract order."""
    columns = []
    for each in CONTRACTS[kind].items:
        value = values.get(each.name)
        if isinstance(value, pl.Series):
            columns.append(value.alias(each.name))
        else:
            columns.append(pl.Series(each.name, [value], dtype=each.polars_type).new_from_index(0, rows))
    return pl.DataFrame(columns)


def numbers(values: Ints) -> pl.Series:
    """Whole numbers."""
    return pl.Series(values, dtype=pl.Int64)


class Columns:
    """Columns of the lists of one day and flow, one row a list."""

    def __init__(
        self, lists: Lists, course: Course, arrivals: Groups, gate: Groups | None, first: tuple[int, int]
    ) -> None:
        self.lists, self.course, self.arrivals, self.gate = lists, course, arrivals, gate
        # Numbers, over the whole simulation, of the first flight or truck and of the first vehicle.
        self.first_group, self.first_vehicle = first
        self.world, self.chance, self.people = lists.world, lists.world.chance, lists.world.people
        self.date = lists.day.strftime("%Y%m%d")
        self.letter = lists.flow

    def guid(self, kind: str, ids: Ids | None = None) -> pl.Series:
        """Unique ids of the documents of `kind`."""
        own = self.lists.ids if ids is None else ids
        return guids(self.chance.bits("guid " + kind, own), self.chance.bits("guid 2 " + kind, own))

    @cached_property
    def events(self) -> Events:
        """Statuses told within the days simulated, by time; one in two hundred is told out of order."""
        e = self.course.events
        ids = self.lists.ids[e.list] * np.uint64(4096) + (e.status % 4096).astype(np.uint64)
        astray = self.chance.happens("astray", ids, 0.005)
        shift = np.where(astray, self.chance.below("astray by", ids, 30 * MINUTE), 0)
        told = np.argsort(e.at + shift, kind="stable")
        told = told[e.at[told] < self.world.end_ms]
        return Events(e.list[told], e.attempt[told], e.status[told], e.at[told], e.info[told])

    @property
    def number(self) -> Ints:
        """Number of each list over the whole simulation."""
        return self.lists.first + self.lists.positions

    def bytes_of_office(self, office: Ints) -> Bytes:
        """Customs codes as rows of bytes."""
        return codes(self.lists.offices, office)

    @cached_property
    def returned_at(self) -> Ints:
        """When the goods of a released import came back to the seller; -1: never."""
        back = self.chance.happens("returned", self.lists.ids, self.world.calibration.shares["returned"])
        after = (
            self.chance.between("returned at", self.lists.ids, 1 * DAY // SECOND, 12 * DAY // SECOND) * SECOND
        )
        at = self.course.released // SECOND * SECOND + after
        return np.where(back & (self.course.released >= 0) & (self.letter == "I"), at, -1)

    @cached_property
    def order_no(self) -> pl.Series:
        """Order numbers."""
        return fixed("D" + self.letter, self.date, digits(self.lists.positions, 8))

    @cached_property
    def logistics_no(self) -> pl.Series:
        """Waybill numbers."""
        return fixed(
            "Y" + self.letter, digits(self.lists.carrier, 1), self.date, digits(self.lists.positions, 8)
        )

    @cached_property
    def pay_no(self) -> pl.Series:
        """Payment numbers."""
        tail = self.chance.below("pay no", self.lists.ids, 10**6)
        return fixed(self.date, self.letter, digits(self.lists.positions, 8), digits(tail, 6))

    @cached_property
    def cop_no(self) -> pl.Series:
        """Enterprise's own numbers."""
        return fixed("Q" + self.letter, self.date, digits(self.lists.positions, 8))

    def pre_no_of(self, which: Ints, attempt: Ints) -> pl.Series:
        """E-port numbers: each declaration of a list has its own."""
        number = which + attempt * _AGAIN + (_EXPORTS if self.letter == "E" else 0)
        return fixed("B" + self.date, digits(number, 9))

    @cached_property
    def invt_no(self) -> pl.Series:
        """Customs list numbers."""
        number = (self.lists.day.timetuple().tm_yday - 1) * _LISTS_A_DAY + self.lists.positions
        return fixed(
            codes(self.lists.offices, self.lists.office), self.date[:4] + self.letter, digits(number, 9)
        )

    @cached_property
    def list_guid(self) -> pl.Series:
        """Ids of the first declarations."""
        return self.guid("list", distinct(self.lists.ids, np.zeros(len(self.lists), dtype=np.int64)))

    def list_guid_of(self, which: Ints, attempt: Ints) -> pl.Series:
        """Ids of declarations: the second declaration of a list has its own."""
        made = self.list_guid.gather(which)
        second = np.flatnonzero(attempt)
        if len(second):
            own = self.guid("list", distinct(self.lists.ids[which[second]], attempt[second]))
            made = made.scatter(pl.Series(second, dtype=pl.UInt32), own)
        return made

    @cached_property
    def office(self) -> pl.Series:
        """Customs codes."""
        return taken(self.lists.offices, self.lists.office)

    @cached_property
    def mode(self) -> pl.Series:
        """Supervision modes."""
        return taken(self.lists.modes, self.lists.mode)

    @cached_property
    def buyer_name(self) -> pl.Series:
        """Names."""
        return self.people.name_of(self.lists.buyer)

    @cached_property
    def buyer_id(self) -> pl.Series:
        """Identity numbers."""
        return self.people.id_of(self.lists.buyer)

    @cached_property
    def buyer_phone(self) -> pl.Series:
        """Phones."""
        return self.people.phone_of(self.lists.buyer)

    @cached_property
    def buyer_address(self) -> pl.Series:
        """Addresses."""
        return self.people.address_of(self.lists.buyer)

    @cached_property
    def trade(self) -> dict[str, Value]:
        """Platform and seller."""
        sellers = self.people.import_sellers if self.letter == "I" else self.people.export_sellers
        return {
            "ebpCode": self.people.platforms.code(self.lists.platform),
            "ebpName": self.people.platforms.name(self.lists.platform),
            "ebcCode": sellers.code(self.lists.seller),
            "ebcName": sellers.name(self.lists.seller),
        }

    @cached_property
    def carriage(self) -> dict[str, Value]:
        """Carrier and waybill."""
        return {
            "logisticsCode": self.people.carriers.code(self.lists.carrier),
            "logisticsName": self.people.carriers.name(self.lists.carrier),
            "logisticsNo": self.logistics_no,
        }

    @cached_property
    def agent(self) -> dict[str, Value]:
        """Declarant."""
        return {
            "agentCode": self.people.agents.code(self.lists.agent),
            "agentName": self.people.agents.name(self.lists.agent),
        }

    def product(self, attribute: str) -> pl.Series:
        """An attribute of the goods of every item."""
        return taken([getattr(each, attribute) for each in self.lists.catalogue], self.lists.items.product)

    @cached_property
    def goods_name(self) -> pl.Series:
        """Name of the first goods line."""
        first = np.flatnonzero(self.lists.items.gnum == 1)
        return taken([each.name for each in self.lists.catalogue], self.lists.items.product[first])

    @cached_property
    def goods(self) -> dict[str, Value]:
        """Columns of the goods lines that orders and lists share."""
        items = self.lists.items
        currency = np.where(self.lists.dollars, 1, 0)[items.owner]
        return {
            "gnum": numbers(items.gnum),
            "itemNo": fixed("SKU", digits(items.product, 5)),
            "itemName": self.product("name"),
            "gmodel": self.product("model"),
            "barCode": fixed("690", digits(items.product, 10)),
            "unit": self.product("unit"),
            "qty": money(items.qty * 100),
            "price": money(items.price),
            "totalPrice": money(items.total),
            "currency": taken(("142", "502"), currency),
            "country": self.product("country"),
        }


def picked(values: Mapping[str, Value], which: Ints) -> dict[str, Value]:
    """The same columns for some of the lists."""
    return {
        name: value.gather(which) if isinstance(value, pl.Series) else value for name, value in values.items()
    }


def only(values: Mapping[str, Value], *names: str) -> dict[str, Value]:
    """Some of the columns."""
    return {name: values[name] for name in names}
