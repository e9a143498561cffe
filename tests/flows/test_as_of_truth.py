"""Any figure as of any moment is what a fresh warehouse given the deliveries of until then publishes.

`uv run pytest -m long tests/flows/test_as_of_truth.py` asks 1,000 questions over a history of six runs,
some of them of late files and of a date run again.
"""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from day_runs import run_stages

from flows import clock, computing
from sources.simulator import simulate
from sources.zone import Zone
from transforms.families import FAMILIES, figures
from transforms.revisions import IGNORED
from warehouse import Home, Lake, asof, measuring, sql

ZONE, SEED = "zhengzhou", 20261122
DAYS = [date(2026, 11, day) for day in (2, 3, 4)]
MOMENTS, QUESTIONS_EACH = 40, 25
#: When and in which files documents came: a fresh warehouse is told otherwise.
OF_DELIVERY = ("timeliness", "integrity")
TABLES = {table.name: table for family in FAMILIES if family.id not in OF_DELIVERY for table in family.tables}


@dataclass
class Step:
    """One run: the date asked for, the files that came, and what it did."""

    day: date
    files: list[Path]
    looked_at: list[date] = field(default_factory=list)
    done_at: datetime = datetime.min
    fresh: dict[str, pl.DataFrame] = field(default_factory=dict)


def deliveries(extracts: Path) -> list[Step]:
    """Receipts of the first day come with the third, its lists again for a date run again, and so on."""
    of = {
        day: sorted(each for each in (extracts / day.isoformat()).rglob("*") if each.is_file())
        for day in DAYS
    }
    late = [each for each in of[DAYS[0]] if "CEB622" in each.name or "CEB411" in each.name]
    later = [each for each in of[DAYS[1]] if "CEB621" in each.name]
    assert late and later
    return [
        Step(DAYS[0], [each for each in of[DAYS[0]] if each not in late]),
        Step(DAYS[1], [each for each in of[DAYS[1]] if each not in later]),
        Step(DAYS[0], late[:1]),
        Step(DAYS[2], [*of[DAYS[2]], *late[1:]]),
        Step(DAYS[1], later),
        Step(DAYS[2], []),
    ]


def delivered(folder: Path, steps: list[Step]) -> Path:
    folder.mkdir()
    for number, each in enumerate(path for step in steps for path in step.files):
        shutil.copyfile(each, folder / f"{number}-{each.name}")
    return folder


def fresh(folder: Path, steps: list[Step]) -> dict[str, pl.DataFrame]:
    """What a new home publishes of every date asked for so far, given everything delivered so far."""
    asked = sorted({step.day for step in steps})
    run = run_stages(folder / "home", ZONE, asked[-1], delivered(folder / "inbox", steps))
    zone = Zone.load(ZONE)
    rates, stated = computing.rates_frame(zone), computing.stated(zone)
    with (
        Lake.read(Home(run.home)) as lake,
        measuring.inputs(lake, ZONE, asked[-1], asked, rates, stated) as inputs,
    ):
        return {name: frame for name, frame in figures(FAMILIES, inputs).items() if name in TABLES}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, list[Step]]]:
    root = tmp_path_factory.mktemp("as-of")
    simulate(root / "out", Zone.load(ZONE), DAYS[0], DAYS[-1], 12, 3, "parquet", {})
    steps, home = deliveries(root / "out"), root / "home"
    choose = measuring.dates_to_publish
    for number, step in enumerate(steps):
        with pytest.MonkeyPatch.context() as patch:

            def noted(*arguments: Any, step: Step = step) -> list[date]:
                step.looked_at = choose(*arguments)
                return step.looked_at

            patch.setattr(measuring, "dates_to_publish", noted)
            run_stages(home, ZONE, step.day, delivered(root / f"inbox-{number}", [step]))
        step.done_at = clock.now()
        (root / f"fresh-{number}").mkdir()
        step.fresh = fresh(root / f"fresh-{number}", steps[: number + 1])
    yield Home(home), steps


def expected(steps: list[Step], table: str, cell: dict[str, Any]) -> tuple[Any, ...] | None:
    """Values of a cell after these runs; None where it is not published.

    What is censored at the end of observation is as the run that last looked at the date saw it.
    """
    day = cell["business_date"]
    seen = [number for number, step in enumerate(steps) if day in step.looked_at]
    if not seen:
        return None
    censored = cell.get("basis") == "accepted" and "observed_until" in TABLES[table].schema
    frame = steps[seen[-1] if censored else -1].fresh[table]
    found = frame.filter(*(pl.col(name).eq_missing(value) for name, value in cell.items()))
    return found.select(values(table)).row(0) if found.height else None


def values(table: str) -> list[str]:
    return [each.id for each in TABLES[table].values if each.id not in IGNORED]


def question(table: str, cell: dict[str, Any]) -> str:
    place = " AND ".join(f"{sql.name(name)} = {sql.literal(value)}" for name, value in cell.items())
    return f"SELECT {sql.names(values(table))} FROM metrics.{table} WHERE {place}"


@pytest.mark.long
def test_a_thousand_questions_as_of_a_moment_are_answered_as_a_fresh_run_would(history) -> None:
    home, steps = history
    with Lake.read(home) as lake:
        published = [at for (at,) in lake.con.execute(
            "SELECT DISTINCT published_at FROM wh.vintages.published ORDER BY 1"
        ).fetchall()]  # fmt: skip
    chance = random.Random(SEED)
    cells = {
        name: pl.concat([step.fresh[name].select(table.grain_ids) for step in steps])
        .unique()
        .sort(pl.all())
        .to_dicts()
        for name, table in TABLES.items()
    }
    names = [name for name, rows in cells.items() if rows]
    told = answered = 0
    first, last = published[0] - timedelta(seconds=2), steps[-1].done_at
    moments = [*published, *(each - timedelta(microseconds=1) for each in published)]
    moments += [first + (last - first) * chance.random() for _ in range(MOMENTS - len(moments))]
    for moment in moments:
        # a run counts once its figures are out; what it looked at without change was out before
        done = [step for step in steps if out_at(step, steps, published) <= moment]
        asked = [(name := chance.choice(names), chance.choice(cells[name])) for _ in range(QUESTIONS_EACH)]
        texts = [question(*each) for each in asked]
        with asof.standing(home, moment, " ".join(texts), no_link, lambda _: None) as con:
            for (table, cell), text in zip(asked, texts, strict=True):
                rows = con.execute(text).fetchall()
                wanted = expected(done, table, cell) if done else None
                assert rows == ([] if wanted is None else [wanted]), (moment, table, cell)
                told += bool(rows)
                answered += 1
    assert answered == MOMENTS * QUESTIONS_EACH == 1_000
    assert told > 300, "most questions concern a cell that was there"


def out_at(step: Step, steps: list[Step], published: list[datetime]) -> datetime:
    """When what a run found was out: its publication, or where it changed nothing the end of the run."""
    before = steps[steps.index(step) - 1].done_at if step is not steps[0] else datetime.min
    own = [at for at in published if before < at <= step.done_at]
    return own[0] if own else step.done_at


def no_link(zone: str, documents: Any) -> Any:
    raise AssertionError("figures need no records")
