"""However records arrive, the tables depend on the set of records only, and every file adds up after every step.

A Hypothesis state machine against `arrival_model.py`: files come in any order, twice, under other names, cut in
two, overwritten under their name, late, with deletions and unusable rows; lists are linked at any moment.
By default over the lake in memory (memory_lake.py) and a little over DuckLake; TONGGUAN_EXAMPLES=2000 asks for more.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, fields

import pytest
from arrival_model import CLASSES, Expected, Model
from arrivals import KINDS, RECEIPT, File, Inbox, Record, as_stored, stored
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from memory_lake import MemoryLake
from test_warehouse_linking import link

from warehouse import Home, Lake
from warehouse.window import Batches

_NUMBERS = itertools.count(1)
#: Examples in all; they are divided among the parts so that the workers share them.
EXAMPLES = int(os.environ.get("TONGGUAN_EXAMPLES", "500"))
PARTS = 10
#: Steps of an example: few where time is short.
STEPS = 3 if EXAMPLES <= 500 else 6

NAMES = st.sampled_from(["a.xml", "b.xml", "c.xml"])
RECORDS = st.builds(
    Record,
    kind=st.sampled_from(KINDS),
    number=st.integers(1, 2),
    time=st.integers(0, 5),
    variant=st.integers(0, 2),
    deletes=st.sampled_from([False, False, False, True]),
    broken=st.sampled_from([False, False, False, False, True]),
).map(lambda each: each._replace(deletes=False) if each.kind == RECEIPT else each)
MANY = st.lists(RECORDS, min_size=1, max_size=8)


def files_of(records: list[Record]) -> list[File]:
    """One file a kind, in the order given."""
    return [
        File(kind, tuple(each for each in records if each.kind == kind))
        for kind in KINDS
        if any(each.kind == kind for each in records)
    ]


class Arrivals(RuleBasedStateMachine):
    """Deliveries in any way, told to the lake and to the model."""

    sent = Bundle("sent")

    def __init__(self, lake: Lake, zone: str) -> None:
        super().__init__()
        self.lake, self.zone, self.inbox, self.model = lake, zone, Inbox(lake, zone), Model()

    def deliver(self, files: list[tuple[str, File]]) -> None:
        self.inbox.deliver(files)
        self.model.deliver(files)

    @initialize(target=sent, records=MANY, name=NAMES, linked=st.booleans())
    def comes_first(self, records: list[Record], name: str, linked: bool) -> tuple[str, list[Record]]:
        came = self.comes(records, name)
        if linked:
            self.are_linked()
        return came

    @rule(target=sent, records=MANY, name=NAMES)
    def comes(self, records: list[Record], name: str) -> tuple[str, list[Record]]:
        self.deliver([(f"{each.kind}-{name}", each) for each in files_of(records)])
        return name, records

    @rule(before=sent, name=NAMES)
    def comes_again(self, before: tuple[str, list[Record]], name: str) -> None:
        """The same bytes, under the same name or another: nothing is loaded."""
        known = len(self.model.files)
        self.deliver([(f"{each.kind}-{name}", each) for each in files_of(before[1])])
        assert len(self.model.files) == known

    @rule(before=sent, data=st.data())
    def comes_cut(self, before: tuple[str, list[Record]], data: st.DataObject) -> None:
        """The same records in two files, in another order."""
        records = data.draw(st.permutations(before[1]))
        cut = len(records) // 2
        self.deliver([(f"{each.kind}-1-{before[0]}", each) for each in files_of(records[:cut])])
        self.deliver([(f"{each.kind}-2-{before[0]}", each) for each in files_of(records[cut:])])

    @rule(target=sent, before=sent, more=st.lists(RECORDS, max_size=3), data=st.data())
    def is_overwritten(
        self, before: tuple[str, list[Record]], more: list[Record], data: st.DataObject
    ) -> tuple[str, list[Record]]:
        """The same name with other bytes: some records gone, some told otherwise, some new."""
        name, records = before
        kept = data.draw(st.lists(st.sampled_from(records), unique=True))
        changed = [
            each._replace(variant=2 - each.variant)
            for each in data.draw(st.lists(st.sampled_from(records), max_size=2))
        ]
        records = [*kept, *changed, *more] or records[:1]
        self.deliver([(f"{each.kind}-{name}", each) for each in files_of(records)])
        return name, records

    @rule()
    def are_linked(self) -> None:
        link(self.lake, self.zone)

    @invariant()
    def adds_up(self) -> None:
        """Every file once, its rows and fen in the four classes, as the model has them."""
        columns = ", ".join(f"rows_{each}, amount_{each}" for each in CLASSES)
        rows = self.lake.con.execute(
            f"SELECT file_hash, rows_read, amount_total, {columns} FROM wh.ledger.files WHERE zone = '{self.zone}'"
        ).fetchall()
        found = {}
        for digest, read, total, *counts in rows:
            assert read == sum(counts[::2]), digest
            assert total == sum(counts[1::2]), digest
            found[digest] = dict(zip(CLASSES, zip(counts[::2], counts[1::2], strict=True), strict=True))
        assert len(rows) == len(found), "a file was counted twice"
        assert found == self.model.files

    def teardown(self) -> None:
        link(self.lake, self.zone)
        assert stored(self.lake, self.zone) == {
            kind: Counter(as_stored(each) for each in self.model.records if each.kind == kind)
            for kind in KINDS
        }
        assert lists(self.lake, self.zone) == {
            number: astuple(each) for number, each in self.model.lists().items()
        }
        self.equals_all_at_once()
        before = self.lake.snapshot()
        assert link(self.lake, self.zone) is None
        assert self.lake.snapshot() == before

    def equals_all_at_once(self) -> None:
        """Every column of the lists and their events is as if one delivery had brought the set of records."""
        if len(self.model.records) % 4:
            return  # one example in four: the columns of the model are compared in all of them
        zone = f"{self.zone}-at-once"
        Inbox(self.lake, zone).deliver([(each.kind, each) for each in files_of(sorted(self.model.records))])
        link(self.lake, zone)
        for table, but in (("lists", "zone"), ("list_events", "zone, file_hash"), ("reconciliation", "zone")):
            one, other = (
                self.lake.con.execute(
                    f"SELECT * EXCLUDE ({but}) FROM wh.core.{table} WHERE zone = '{each}' ORDER BY ALL"
                ).fetchall()
                for each in (self.zone, zone)
            )
            assert one == other, table


def lists(lake: Lake, zone: str) -> dict[str, tuple]:
    columns = ", ".join(each.name for each in fields(Expected))
    rows = lake.con.execute(f"SELECT order_no, {columns} FROM wh.core.lists WHERE zone = '{zone}'").fetchall()
    found = {number: tuple(row) for number, *row in rows}
    assert len(rows) == len(found), "a list stands twice"
    return found


def run(lake: Lake, examples: int) -> None:
    """Every example is a zone of its own, so that no table needs to be emptied."""
    run_state_machine_as_test(
        lambda: Arrivals(lake, f"z{next(_NUMBERS)}"),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryLake]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Batches, "alone", lambda *_: False)
        yield MemoryLake(Home(tmp_path_factory.mktemp("memory")).prepare())


@pytest.mark.parametrize("part", range(PARTS))
def test_any_arrival(part: int, memory: MemoryLake) -> None:
    run(memory, EXAMPLES // PARTS)


@pytest.mark.parametrize("examples", [3, pytest.param(40, marks=pytest.mark.long)])
def test_any_arrival_over_ducklake(examples: int, lake: Lake) -> None:
    run(lake, examples)
