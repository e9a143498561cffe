"""What the simulator knows while it writes: every document's facts, every list, every file."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from sources.simulator.chance import Flags, Ints
from sources.simulator.columns import Columns
from sources.simulator.values import value_units

#: Documents that are versions of one key: those of a key are told apart by the fact named here.
VERSIONED = {"CEB311": "version", "CEB621": "attempt", "CEB603": "attempt", "CEB816": "status"}


@dataclass(frozen=True)
class WrittenFile:
    """One file as delivered. `sent_sha256` is what the sender's manifest says, `sha256` what lies there."""

    path: str
    kind: str
    rows: int
    amount_total: str
    sha256: str
    sent_sha256: str
    fault: str | None
    docs: Ints
    bad: Flags
    rejected: list[tuple[str, str]]
    day: int  # of delivery, since 1970


@dataclass
class TruthLog:
    """Facts by kind, in the order of the numbers given to documents; lists; files."""

    facts: dict[str, dict[str, list[Ints]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lists: dict[str, list[Ints]] = field(default_factory=lambda: defaultdict(list))
    list_total: int = 0
    group_total: int = 0
    files: list[WrittenFile] = field(default_factory=list)
    # Kept where faults are asked for: the list keys, the day of each document, what vanished and was told again.
    keys: list[pl.Series] = field(default_factory=list)
    days: dict[str, list[Ints]] = field(default_factory=lambda: defaultdict(list))
    vanishing: list[tuple[str, list[str], str, str]] = field(default_factory=list)
    retold: list[tuple[str, list[str], Ints, Ints]] = field(default_factory=list)

    def register(self, kind: str, facts: dict[str, Ints], count: int) -> Ints:
        """Number the documents of a batch within their kind and keep their facts."""
        first = self.counts[kind]
        self.counts[kind] += count
        for name, values in facts.items():
            self.facts[kind][name].append(values)
        return np.arange(first, first + count, dtype=np.int64)

    def mark(self, kind: str, day: Ints, marks: dict[str, Ints]) -> None:
        """Keep the day of each document registered last, and what faults changed in it."""
        self.days[kind].append(day)
        for name, values in marks.items():
            self.facts[kind][name].append(values)

    def add_keys(self, c: Columns) -> None:
        """Keep the keys of the lists of a day and flow: flow|ebcCode|orderNo."""
        seller = c.trade["ebcCode"]
        frame = pl.DataFrame({"order": c.order_no}).with_columns(seller=seller)
        text = pl.concat_str(pl.lit(c.letter), "seller", "order", separator="|")
        self.keys.append(frame.select(text).to_series())

    def new_groups(self, count: int) -> int:
        """Numbers for flights, trucks or vehicles; gives the first."""
        first = self.group_total
        self.group_total += count
        return first

    def add_lists(self, c: Columns) -> None:
        """Keep what the figures need of the lists of a day and flow; a list's number is its position."""
        lists = c.lists
        offices, modes = np.array(lists.offices, dtype=np.int64), np.array(lists.modes, dtype=np.int64)
        gate = c.gate.of if c.gate is not None else np.full(len(lists), -1, dtype=np.int64)
        arrivals = c.arrivals.of
        columns = {
            "flow": np.full(len(lists), lists.flow == "E", dtype=np.int64),
            "mode": modes[lists.mode],
            "office": offices[lists.office],
            "app": lists.app,
            "app2": c.course.app2,
            "items": lists.counts,
            "packages": lists.packs,
            "value": value_units(lists, lists.app),
            "value2": value_units(lists, c.course.app2),
            "gross": lists.gross_grams * 100,
            "arrival": np.where(arrivals >= 0, arrivals + c.first_group, -1),
            "gate": np.where(gate >= 0, gate + c.first_vehicle, -1),
        }
        for name, values in columns.items():
            self.lists[name].append(values)
        self.list_total += len(lists)

    def wrote(self, file: WrittenFile) -> None:
        """Keep the record of a file."""
        self.files.append(file)

    def fact(self, kind: str, name: str) -> Ints:
        """One fact of every document of a kind, by document number."""
        parts = self.facts[kind][name]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def column(self, name: str) -> Ints:
        """One column of all lists."""
        parts = self.lists[name]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def accepted(self, kind: str) -> Flags:
        """Which documents of a kind are in at least one readable file, in a row that can be used."""
        seen = np.zeros(self.counts[kind], dtype=np.bool_)
        for each in self.files:
            if each.kind == kind and not each.fault:
                seen[each.docs[~each.bad]] = True
        return seen
