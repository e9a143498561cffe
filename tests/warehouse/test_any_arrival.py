"""However records arrive, the tables depend on the set of records only, and every file adds up after every step.

A Hypothesis state machine against `arrival_model.py`: files come in any order, twice, under other names, cut in
two, overwritten under their name, late, with deletions and unusable rows; lists are linked at any moment.
A commit of one small file costs as much as one of a hundred, so the machine drives many histories side by side:
each is drawn on its own and has documents and file names of its own, but they come with the same commits.
By default 100 histories over the lake in memory (memory_lake.py) and a few over DuckLake, 500 in CI (.ci/run);
TONGGUAN_EXAMPLES=2000 asks for more and longer ones.
"""

from __future__ import annotations

import itertools
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, fields

import pytest
from arrival_model import CLASSES, Expected, Model
from arrivals import KINDS, RECEIPT, File, Inbox, Record, as_stored, stored
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from memory_lake import MemoryLake, in_memory
from test_warehouse_linking import link

from warehouse import Home, Lake

_NUMBERS = itertools.count(1)
#: Histories in all; they are divided among the parts so that the workers share them.
EXAMPLES = int(os.environ.get("TONGGUAN_EXAMPLES", "100"))
PARTS = 2
SIDE_BY_SIDE = 50
#: Steps of a history: few where time is short.
STEPS = 3 if EXAMPLES <= 500 else 6

Sent = tuple[str, list[Record]]
Named = list[tuple[str, File]]

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
MANY = st.lists(RECORDS, min_size=1, max_size=5)


def files_of(records: list[Record]) -> list[File]:
    """One file a kind, in the order given."""
    return [
        File(kind, tuple(each for each in records if each.kind == kind))
        for kind in KINDS
        if any(each.kind == kind for each in records)
    ]


class History:
    """What one sender has sent; every way of sending gives the named files of the next delivery."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.sent: list[Sent] = []

    def named(self, name: str, records: list[Record]) -> Named:
        return [(f"{each.kind}-{self.number}-{name}", each) for each in files_of(records)]

    def next(self, draw: Callable) -> Named:
        ways = (self.comes, self.comes_again, self.comes_cut, self.is_overwritten, self.rests)
        return draw(st.sampled_from(ways))(draw) if self.sent else self.comes(draw)

    def comes(self, draw: Callable) -> Named:
        name, records = draw(NAMES), [each.of_history(self.number) for each in draw(MANY)]
        self.sent.append((name, records))
        return self.named(name, records)

    def comes_again(self, draw: Callable) -> Named:
        """The same bytes, under the same name or another: nothing is loaded."""
        return self.named(draw(NAMES), draw(st.sampled_from(self.sent))[1])

    def comes_cut(self, draw: Callable) -> Named:
        """The same records in two files, in another order."""
        name, records = draw(st.sampled_from(self.sent))
        records = draw(st.permutations(records))
        cut = len(records) // 2
        return [*self.named(f"1-{name}", records[:cut]), *self.named(f"2-{name}", records[cut:])]

    def is_overwritten(self, draw: Callable) -> Named:
        """The same name with other bytes: some records gone, some told otherwise, some new."""
        name, records = draw(st.sampled_from(self.sent))
        kept = draw(st.lists(st.sampled_from(records), unique=True))
        changed = [
            each._replace(variant=2 - each.variant)
            for each in draw(st.lists(st.sampled_from(records), max_size=2))
        ]
        more = [each.of_history(self.number) for each in draw(st.lists(RECORDS, max_size=2))]
        records = [*kept, *changed, *more] or records[:1]
        self.sent.append((name, records))
        return self.named(name, records)

    def rests(self, draw: Callable) -> Named:
        return []


class Arrivals(RuleBasedStateMachine):
    """Deliveries in any way, told to the lake and to the model."""

    def __init__(self, lake: Lake, zone: str, histories: int) -> None:
        super().__init__()
        self.lake, self.zone, self.inbox, self.model = lake, zone, Inbox(lake, zone), Model()
        self.histories = [History(number) for number in range(histories)]

    @rule(data=st.data(), linked=st.booleans())
    def comes(self, data: st.DataObject, linked: bool) -> None:
        """The next delivery of every history, in one commit; the lists may be linked after it."""
        files = [file for each in self.histories for file in each.next(data.draw)]
        known = set(self.model.files)
        new = self.inbox.deliver(files)
        assert {file.digest for _, file in new} == {file.digest for _, file in files} - known
        self.model.deliver(files)
        if linked:
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
            return  # one time in four: the columns of the model are compared every time
        zone = f"{self.zone}-at-once"
        Inbox(self.lake, zone).deliver([(each.kind, each) for each in files_of(sorted(self.model.records))])
        link(self.lake, zone)
        # A mark of vanishing tells of the versions of a file, not of the set of records.
        for table, but in (
            ("lists", "zone, vanished_at"),
            ("list_events", "zone, file_hash"),
            ("reconciliation", "zone"),
        ):
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


def run(lake: Lake, examples: int, histories: int) -> None:
    """Every example is a zone of its own, so that no table needs to be emptied.

    One more than asked for: the first that Hypothesis draws is the plainest there is.
    """
    run_state_machine_as_test(
        lambda: Arrivals(lake, f"z{next(_NUMBERS)}", histories),
        settings=settings(
            max_examples=examples + 1,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=[Phase.generate],
        ),
    )


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryLake]:
    with in_memory(Home(tmp_path_factory.mktemp("memory")).prepare()) as opened:
        yield opened


@pytest.mark.parametrize("part", range(PARTS))
def test_any_arrival(part: int, memory: MemoryLake) -> None:
    run(memory, math.ceil(EXAMPLES / PARTS / SIDE_BY_SIDE), SIDE_BY_SIDE)


@pytest.mark.parametrize(
    "examples", [pytest.param(1, marks=pytest.mark.ci), pytest.param(8, marks=pytest.mark.long)]
)
def test_any_arrival_over_ducklake(examples: int, lake: Lake) -> None:
    run(lake, examples, 10)
