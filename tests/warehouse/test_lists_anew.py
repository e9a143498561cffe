"""Lists made anew by today's rates: what `tongguan backfill --force` does with days that have no new documents."""

from __future__ import annotations

import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from staged_runs import Stage, import_list, receipt

from flows import stages
from flows.stages import Anew
from sources.zone import FOLDER_VARIABLE, zones_folder
from warehouse import Home, Lake

ZONE = "zhengzhou"
TEN, ELEVEN, TWELVE, FOURTEEN = (date(2026, 11, each) for each in (10, 11, 12, 14))


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A zone file of our own: a dollar is 7 CNY."""
    folder = shutil.copytree(zones_folder(), tmp_path / "zones")
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    dollar(folder / f"{ZONE}.toml", "7.0")
    return folder / f"{ZONE}.toml"


def dollar(path: Path, cny: str) -> None:
    path.write_text(re.sub(r"502 = [0-9.]+", f"502 = {cny}", path.read_text()))


def in_dollars(number: str, declared: str, released: str) -> list[tuple[str, dict[str, Any]]]:
    """A list of one item of 60 dollars."""
    listed = import_list(number, declared, prices=("60.00",), currency="502")
    return [("CEB621", listed), ("CEB622", receipt(number, "800", released))]


def load(home: Home, rows: list[tuple[str, dict[str, Any]]]) -> None:
    with Lake.write(home) as lake:
        stage = Stage(home, "r1")
        for kind in ("CEB621", "CEB622"):
            stage.file(f"r1-{kind}", kind, [row for each, row in rows if each == kind])
        stage.commit(lake)


def day(home: Home, day: date, anew: Anew | None = None) -> tuple[int, list[tuple[date, int]]]:
    """Link and measure as a backfill does; how many lists were linked, and the vintages."""
    run = stages.begin(home.path, ZONE, day)
    lists = stages.link(run)
    if anew:
        lists += stages.link_anew(run)
    return lists, stages.measure(run, anew)


def ask(home: Home, question: str) -> list[tuple[Any, ...]]:
    with Lake.read(home) as lake:
        return lake.con.execute(question).fetchall()


def values(home: Home, day: date) -> list[tuple[Any, ...]]:
    return ask(
        home,
        "SELECT vintage, reason, value_cny FROM wh.vintages.volume_daily "
        f"JOIN wh.vintages.published USING (zone, business_date, vintage) WHERE business_date = DATE '{day}' "
        "AND mode = 'all' AND office = 'all' AND basis = 'released' AND flow = 'I' ORDER BY 1",
    )


@pytest.mark.ci
def test_new_rates_reach_stored_lists_when_they_are_made_anew_and_then_nothing_changes(
    home: Home, zone: Path
) -> None:
    load(home, in_dollars("1", "11 08:05", "11 10:00"))
    assert day(home, ELEVEN) == (1, [(ELEVEN, 1)])
    dollar(zone, "70.0")
    assert day(home, ELEVEN) == (0, []), "without new documents no list is computed"
    one = Anew(frozenset([ELEVEN]))
    assert day(home, ELEVEN, one) == (1, [(ELEVEN, 2)])
    assert ask(home, "SELECT order_no, value_cny FROM wh.core.lists") == [("1", Decimal(4200))]
    assert values(home, ELEVEN) == [(1, "publication", Decimal(420)), (2, "method", Decimal(4200))]
    index = "SELECT (SELECT count(*) FROM wh.ledger.numbers), (SELECT count(*) FROM wh.ledger.waiting)"
    before = ask(home, index)
    assert day(home, ELEVEN, one) == (1, []), "the same rates give the same figures"
    assert ask(home, index) == before


@pytest.mark.ci
def test_a_date_is_restated_once_all_of_its_lists_are_made_anew(home: Home, zone: Path) -> None:
    """Both lists were released on other days than they were declared: one on a day of the range, one beside it."""
    load(home, [*in_dollars("1", "11 08:05", "12 10:00"), *in_dollars("2", "10 08:05", "11 10:00")])
    load_later = in_dollars("3", "12 08:05", "14 10:00")
    with Lake.write(home) as lake:
        stage = Stage(home, "r2")
        for kind, row in load_later:
            stage.file(f"r2-{kind}", kind, [row])
        stage.commit(lake)
    for each in (TEN, ELEVEN, TWELVE, FOURTEEN):
        day(home, each)
    dollar(zone, "70.0")
    both = Anew(frozenset([ELEVEN, TWELVE]))
    assert day(home, ELEVEN, both) == (2, [(ELEVEN, 2)]), "the 10th and the 12th wait"
    assert values(home, TWELVE) == [(1, "publication", Decimal(420))]
    assert day(home, TWELVE, both)[1] == [(TEN, 2), (TWELVE, 2), (FOURTEEN, 2)]
    assert values(home, TWELVE)[1:] == [(2, "method", Decimal(4200))]
    assert values(home, FOURTEEN)[1:] == [(2, "method", Decimal(4200))]
    assert ask(home, "SELECT count(*) FROM wh.ledger.touched_dates") == [(0,)]
