"""The lists of one day and flow, as columns: who, where, what, how much, when declared.

Money is whole fen (or US cents), weight whole grams, time whole milliseconds of the local clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from sources.simulator.chance import Flags, Ids, Ints
from sources.simulator.goods import EXPORTED, IMPORTED, Product, grams_of
from sources.simulator.population import zipf
from sources.simulator.seasons import share_of_ordinary
from sources.simulator.world import HOUR, MINUTE, World, midnight

_ITEM_COUNTS = (0.62, 0.25, 0.09, 0.04)
#: Within the limit of 5,000 yuan a transaction (rules.md 3.3), freight included.
_MOST_FEN = 490_000


@dataclass(frozen=True)
class Items:
    """Goods lines, those of one list one after another."""

    owner: Ints  # position of the list
    gnum: Ints
    product: Ints
    qty: Ints
    price: Ints
    total: Ints
    tax: Ints


@dataclass(frozen=True)
class Lists:
    """Lists of one flow declared on one day, in order of declaration."""

    world: World
    flow: str
    day: date
    first: int  # number of the first of them over the whole simulation
    ids: Ids
    app: Ints
    modes: tuple[str, ...]
    mode: Ints
    offices: tuple[str, ...]
    office: Ints
    seller: Ints
    buyer: Ids
    counts: Ints
    items: Items
    dollars: Flags

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def positions(self) -> Ints:
        """0..n-1."""
        return np.arange(len(self), dtype=np.int64)

    @property
    def catalogue(self) -> tuple[Product, ...]:
        """What is traded in this flow."""
        return IMPORTED if self.flow == "I" else EXPORTED

    def mode_is(self, *wanted: str) -> Flags:
        """Lists of one of these supervision modes."""
        return np.isin(self.mode, [at for at, each in enumerate(self.modes) if each in wanted])

    def per_list(self, values: Ints) -> Ints:
        """Sum of an item column a list."""
        edges = np.concatenate([[0], np.cumsum(self.counts)])
        sums: Ints = np.diff(np.concatenate([[0], np.cumsum(values)])[edges])
        return sums

    @cached_property
    def goods(self) -> Ints:
        """Goods value."""
        return self.per_list(self.items.total)

    @cached_property
    def tax(self) -> Ints:
        """Tax withheld: the sum over the items."""
        return self.per_list(self.items.tax)

    @cached_property
    def freight(self) -> Ints:
        """Freight: one list in ten pays ten yuan."""
        return np.where(self.world.chance.happens("freight", self.ids, 0.1), 1000, 0).astype(np.int64)

    @cached_property
    def discount(self) -> Ints:
        """Coupons: one list in eight, five per cent of the goods."""
        return np.where(self.world.chance.happens("coupon", self.ids, 0.125), self.goods // 20, 0)

    @cached_property
    def paid(self) -> Ints:
        """What the buyer paid (rule A1)."""
        return self.goods + self.freight + self.tax - self.discount

    @cached_property
    def net_grams(self) -> Ints:
        """Net weight."""
        return self.per_list(grams_of(self.catalogue, self.items.product, self.items.qty))

    @cached_property
    def gross_grams(self) -> Ints:
        """Gross weight: the packing weighs something."""
        return self.net_grams * 112 // 100 + 60

    @cached_property
    def packs(self) -> Ints:
        """Packages: nearly always one."""
        return np.where(self.world.chance.happens("second package", self.ids, 0.02), 2, 1).astype(np.int64)

    @cached_property
    def platform(self) -> Ints:
        """Platform of the seller."""
        return self.seller % len(self.world.people.platforms)

    @cached_property
    def agent(self) -> Ints:
        """Declarant of the seller."""
        return self.seller % len(self.world.people.agents)

    @cached_property
    def carrier(self) -> Ints:
        """Carrier of the parcel; one carrier brings all direct-purchase parcels of an office."""
        own = self.world.chance.pick("carrier", self.ids, zipf(len(self.world.people.carriers)))
        return np.where(self.mode_is("9610"), self.office % len(self.world.people.carriers), own)

    @cached_property
    def payer(self) -> Ints:
        """Payment firm."""
        return self.world.chance.pick("payer", self.ids, zipf(len(self.world.people.payers)))

    def earlier(self, draw: str, low_min: int, high_min: int) -> Ints:
        """A whole second some minutes before the declaration, but on the same day."""
        by = self.world.chance.between(draw, self.ids, low_min * 60, high_min * 60) * 1000
        at: Ints = np.maximum(self.app - by, midnight(self.day))
        return at


def lists_of(world: World, day: date, flow: str, first: int) -> Lists:
    """The lists of `flow` declared on `day`; `first` numbers them over the whole simulation."""
    chance, calibration = world.chance, world.calibration
    total = round(world.lists_per_day * share_of_ordinary(day, calibration))
    imports = round(total * calibration.import_share)
    count = imports if flow == "I" else total - imports
    # A key is all digits of invtNo and preNo have room for: 2.7 million lists a day and flow.
    if count > 2_700_000:
        raise ValueError(f"{count} lists of flow {flow} on {day} do not fit the numbers; ask for fewer")
    base = (day.toordinal() << 34) + ((flow == "E") << 33)
    ids = np.arange(base, base + count, dtype=np.uint64)
    mix = calibration.import_modes if flow == "I" else calibration.export_modes
    modes = tuple(mix)
    mode = chance.pick("mode", ids, tuple(mix.values()))
    offices = tuple(sorted(world.zone.offices))
    sellers = world.people.import_sellers if flow == "I" else world.people.export_sellers
    seller = chance.pick("seller", ids, zipf(len(sellers)))
    counts = chance.pick("items", ids, _ITEM_COUNTS) + 1
    dollars = chance.happens("dollars", ids, calibration.shares["foreign_currency"] if flow == "E" else 0.0)
    return Lists(
        world=world,
        flow=flow,
        day=day,
        first=first,
        ids=ids,
        app=_declared(world, day, ids),
        modes=modes,
        mode=mode,
        offices=offices,
        office=_offices(world, flow, ids, modes, mode, offices),
        seller=seller,
        buyer=world.people.buyer_of(ids),
        counts=counts,
        items=_items(world, flow, ids, counts, dollars, seller % len(world.people.platforms)),
        dollars=dollars,
    )


def _declared(world: World, day: date, ids: Ids) -> Ints:
    """Whole seconds by the shape of the 24 hours, sorted: numbers grow with time."""
    hour = world.chance.pick("hour", ids, world.calibration.hours)
    second = world.chance.below("second", ids, HOUR // 1000)
    return np.sort(midnight(day) + hour * HOUR + second * 1000)


def _offices(
    world: World, flow: str, ids: Ids, modes: tuple[str, ...], mode: Ints, offices: tuple[str, ...]
) -> Ints:
    made = np.zeros(len(ids), dtype=np.int64)
    for at, name in enumerate(modes):
        mix = world.calibration.offices[f"{'import' if flow == 'I' else 'export'}_{name}"]
        places = np.array([offices.index(each) for each in mix], dtype=np.int64)
        chosen = mode == at
        made[chosen] = places[world.chance.pick("office", ids[chosen], tuple(mix.values()))]
    return made


def _items(world: World, flow: str, ids: Ids, counts: Ints, dollars: Flags, platform: Ints) -> Items:
    """Goods lines. The tax is 9.1 % of each line to the fen; the first platform cuts instead (rule A8)."""
    chance, calibration = world.chance, world.calibration
    owner = np.repeat(np.arange(len(ids), dtype=np.int64), counts)
    cuts = platform[owner] == 0
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(ids) else counts
    gnum = np.arange(len(owner), dtype=np.int64) - starts[owner] + 1
    own = ids[owner] * np.uint64(8) + gnum.astype(np.uint64)
    sigma = calibration.value_sigma
    median = float(calibration.value_cny) * 100 / np.exp(sigma**2 / 2)
    target = np.minimum(chance.lognormal("value", ids, median, sigma).astype(np.int64), _MOST_FEN)
    qty = chance.pick("qty", own, (0.7, 0.2, 0.06, 0.04)) + 1
    price = np.maximum(target[owner] // counts[owner] // qty, 50)
    # Dollar prices go in steps of ten cents, so that a rate of four decimals gives an exact fifth one.
    price = np.where(dollars[owner], np.maximum(price // 70, 1) * 10, price)
    total = price * qty
    return Items(
        owner=owner,
        gnum=gnum,
        product=chance.below("product", own, len(IMPORTED if flow == "I" else EXPORTED)),
        qty=qty,
        price=price,
        total=total,
        tax=(total * 91 + np.where(cuts, 0, 500)) // 1000 if flow == "I" else np.zeros_like(total),
    )


def slot(at: Ints, minutes: int) -> Ints:
    """Number of the slot of `minutes` a moment falls in."""
    return at // (minutes * MINUTE)
