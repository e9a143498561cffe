"""`kill -9` at named points and at random moments: what comes of it is what an undisturbed run gives.

Run by CI, and with `uv run pytest -m ci`: 200 random kills; TONGGUAN_KILLS=500 asks for more, TONGGUAN_KILLS_SEED=n
for those of an earlier run.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from dying import POINTS
from undisturbed import DAYS, Mortal, deliveries, figures, same, sound, state

from warehouse import Home, Lake

KILLS = int(os.environ.get("TONGGUAN_KILLS", "200"))
SEED = int(os.environ.get("TONGGUAN_KILLS_SEED", "31"))
#: Stages in their order, and the share of the random kills each is to take: most where most is written.
SHARES = {
    **{"land": 9, "read": 9, "validate": 6, "commit": 22, "mend": 4, "link": 20},
    **{"measure": 9, "publish": 9, "tidy": 2, "close": 4, "watch": 2, "seal": 9},
}
#: The stage in which each point lies; those in a new home or before the first stage have homes of their own.
STAGE_OF = (
    ("landing", "land"),
    ("reading", "read"),
    ("validating", "validate"),
    ("of documents", "commit"),
    ("of lists", "link"),
    ("of figures", "measure"),
    ("copy", "publish"),
    ("merge", "tidy"),
    ("run is kept", "close"),
    ("log appended", "seal"),
    ("hashes appended", "seal"),
    ("checkpoint", "seal"),
)
AT_THE_BEGINNING = [each for each in POINTS if each.startswith(("in a new home", "with the run named"))]


#: The clock of every child jumps: hours by which it is off, one look after another.
CLOCKS = ([0.0], [3.0, -3.0], [-24 * 365.0, 0.0], [24 * 3650.0, -1.0], [0.0, 0.0, -24 * 365.0])


def stage_of(point: str) -> str:
    return next(stage for sign, stage in STAGE_OF if sign in point)


@dataclass
class Reference:
    """Two days nobody disturbed."""

    mortal: Mortal
    inboxes: dict[date, Path]
    empty: Home
    seconds: dict[str, float]  # by stage, of the second day
    after: dict[date, Path]  # the home as it was after each day
    figures: dict[tuple[Any, ...], int]
    looked: dict[Path, int] = field(default_factory=dict)  # the snapshot of a home that was found sound

    def sound(self, home: Path) -> None:
        """`undisturbed.sound`, where a kill left another snapshot of the lake than the last look found."""
        with closing(sqlite3.connect(Home(home).catalog)) as catalog:
            (snapshot,) = catalog.execute("SELECT max(snapshot_id) FROM ducklake_snapshot").fetchone()
        if self.looked.get(home) != snapshot:
            sound(home, self.figures)
            self.looked[home] = snapshot

    def home(self, path: Path, after: date | None = None) -> Path:
        """A home of one's own: empty, or as it was after a day."""
        shutil.copytree(self.after[after] if after else self.empty.path, path)
        return path


@pytest.fixture(scope="module")
def reference(empty_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    base = tmp_path_factory.mktemp("undisturbed")
    inboxes = deliveries(base)
    mortal = Mortal(base / "checked", empty_home)
    before, after = empty_home.path, {}
    for day in DAYS:
        after[day] = base / f"after-{day}"
        shutil.copytree(before, after[day])
        answer = mortal.whole(after[day], day, inboxes[day])
        before = after[day]
    with Lake.read(Home(before)) as lake:
        counts = figures(lake)
    yield Reference(mortal, inboxes, empty_home, answer["stages"], after, counts)
    mortal.close()


@pytest.mark.ci
def test_killed_at_every_named_point(reference: Reference, tmp_path: Path) -> None:
    home = reference.home(tmp_path / "home")
    named(reference, home, DAYS[0])
    same(home, state(reference.after[DAYS[0]]))


@pytest.mark.ci
def test_killed_at_random_moments(reference: Reference, tmp_path: Path) -> None:
    home = reference.home(tmp_path / "home", after=DAYS[0])
    began = time.perf_counter()
    spread = at_random(reference, home, DAYS[1], random.Random(SEED))
    print(
        f"\n{spread.total()} random kills, seed {SEED}, {time.perf_counter() - began:.0f} s: {dict(spread)}"
    )
    same(home, state(reference.after[DAYS[-1]]))
    in_order(home)
    assert spread.total() >= KILLS
    assert {"land", "read", "commit", "link", "measure", "publish", "seal"} <= {*spread}, spread


def named(reference: Reference, home: Path, day: date) -> None:
    """Die at one point after another; each time the run is taken up where it was, and in the end begun anew."""
    inbox, run_id, reached = reference.inboxes[day], None, "land"
    for point in POINTS:
        if point in AT_THE_BEGINNING:
            continue
        options = {"run_id": run_id, "first": reached} if run_id else {}
        answer = reference.mortal(home, day, inbox, point=point, **options)
        if answer.get("ended") == "done":
            # Done before by the try that died after its commit: a commit that finds nothing to do is none.
            options = {}
            answer = reference.mortal(home, day, inbox, point=point)
        assert answer["killed"], (point, answer)
        begun_at = [*SHARES].index(options.get("first", "land"))
        assert [*SHARES][begun_at + len(answer["stages"])] == stage_of(point), (point, answer["stages"])
        reached = stage_of(point)
        run_id = answer["run_id"]
        reference.sound(home)
    reference.mortal.whole(home, day, inbox)


def at_random(reference: Reference, home: Path, day: date, dice: random.Random) -> Counter[str]:
    """Kill children at random moments, stage by stage, until there were enough; counts where they were."""
    inbox, spread = reference.inboxes[day], Counter[str]()
    run_id: str | None = None
    for stage, share in SHARES.items():
        wanted = round(KILLS * share / sum(SHARES.values()))
        missed = 0
        for number in range(wanted):
            # Early moments more often than late ones, for they cost less; all of the stage is covered.
            moment = ((number + dice.random()) / wanted) ** 3 * reference.seconds[stage]
            anew = run_id is None or (stage in ("commit", "link") and dice.random() < 0.1)
            options = {} if anew else {"run_id": run_id, "first": stage}
            answer = reference.mortal(
                home, day, inbox, kill_after=moment, last=stage, clock=dice.choice(CLOCKS), **options
            )
            if answer["killed"]:
                spread[[*SHARES][len(answer["stages"])] if anew else stage] += 1
            else:
                missed += 1
                assert answer.get("ended") == "done", answer
            run_id = run_id or answer.get("run_id")
            check(reference, home, spread)
            if missed > 2:
                break
        answer = reference.mortal.whole(
            home, day, inbox, last=stage, **({"run_id": run_id, "first": stage} if run_id else {})
        )
        run_id = answer["run_id"]
    while spread.total() < KILLS:  # those that were missed, in runs of a day that was loaded before
        moment = dice.random() ** 3 * sum(reference.seconds.values()) / 3
        answer = reference.mortal(home, day, inbox, kill_after=moment)
        if answer["killed"]:
            spread[[*SHARES][len(answer["stages"])]] += 1
        check(reference, home, spread)
    began = time.perf_counter()
    reference.mortal.whole(home, day, inbox)
    assert time.perf_counter() - began < 60, "the lock of the last one killed was free"
    return spread


def in_order(home: Path) -> None:
    """Vintages are published one after another, whatever the clock said."""
    with Lake.read(Home(home)) as lake:
        rows = lake.con.execute(
            "SELECT business_date, vintage, published_at FROM wh.vintages.published ORDER BY business_date, vintage"
        ).fetchall()
    assert len(rows) >= 3
    for one, other in pairwise(rows):
        assert one[0] != other[0] or one[2] < other[2]


def check(reference: Reference, home: Path, spread: Counter[str]) -> None:
    try:
        reference.sound(home)
    except AssertionError as error:
        raise AssertionError(f"seed {SEED}, after kills {dict(spread)}: {error}") from error


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_and_begun_anew(point: str, reference: Reference, tmp_path: Path) -> None:
    """Each point alone, on the second day, and in a home that does not exist where the point is in a new one."""
    new = point.startswith("in a new home")
    home = tmp_path / "home" if new else reference.home(tmp_path / "home")
    for day in DAYS:
        dies = (day == DAYS[0]) == new
        if dies:
            assert reference.mortal(home, day, reference.inboxes[day], point=point)["killed"]
        reference.mortal.whole(home, day, reference.inboxes[day])
    same(home, state(reference.after[DAYS[-1]]))
