"""Records removed between two deliveries of a file are named, exactly those.

At full size: uv run pytest -n 0 -m long tests/flows/test_removed_records.py
"""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from flows import stages
from flows.pull import pull_all
from sources.simulator import simulate
from sources.zone import Zone
from warehouse import Home, Lake

ZONE, DAY, NAME = "zhengzhou", date(2025, 3, 4), "CEB621_20250304_001.parquet"


def many_lists(folder: Path, count: int) -> pl.DataFrame:
    """Import lists like a simulated one, each with a key of its own."""
    simulate(folder, Zone.load(ZONE), DAY, DAY, 20, 1, "parquet", {})
    one = pl.read_parquet(next((folder / DAY.isoformat()).glob("CEB621_*.parquet"))).head(1)
    number = pl.int_range(count).cast(pl.String).str.zfill(9)
    return one.select(pl.all().gather([0] * count)).with_columns(
        orderNo=pl.concat_str(pl.lit("O"), number),
        copNo=pl.concat_str(pl.lit("C"), number),
        logisticsNo=pl.concat_str(pl.lit("W"), number),
        guid=pl.concat_str(pl.lit("00000000-0000-4000-8000-000"), number),
    )


def deliver(home: Path, inbox: Path, lists: pl.DataFrame) -> stages.Run:
    """One delivery of the file, up to its commit."""
    inbox.mkdir()
    lists.write_parquet(inbox / NAME)
    run = stages.begin(home, ZONE, DAY)
    stages.land(run, pull_all(run, str(inbox)))
    stages.read(run)
    stages.validate(run)
    stages.commit(run)
    return run


@pytest.mark.parametrize(
    ("count", "removals"),
    [
        pytest.param(400, (1, 10), marks=pytest.mark.ci),
        pytest.param(260_000, (1, 10, 1_000), marks=pytest.mark.long),
    ],
)
def test_exactly_the_removed_records_are_named(
    count: int, removals: tuple[int, ...], tmp_path: Path, home: Home
) -> None:
    lists = many_lists(tmp_path / "simulated", count)
    stages.link(deliver(home.path, tmp_path / "0", lists))
    random = np.random.default_rng(count)
    removed: list[set[str]] = []
    for number, some in enumerate(removals, 1):
        gone = random.choice(lists.height, some, replace=False)
        removed.append(
            {f"{ebc}|{order}" for ebc, order in lists[gone].select("ebcCode", "orderNo").iter_rows()}
        )
        lists = lists.with_row_index("at").filter(~pl.col("at").is_in(gone)).drop("at")
        run = deliver(home.path, tmp_path / str(number), lists)
    with Lake.read(home) as lake:
        found = lake.con.execute(
            "SELECT list(business_key) FROM wh.ledger.vanished GROUP BY hash_after ORDER BY min(found_at)"
        ).fetchall()
        kept = lake.con.execute(
            "SELECT count(*), count(vanished_at), list(order_no) FILTER (vanished_at IS NOT NULL) FROM wh.core.lists"
        ).fetchone()
        summary = lake.con.execute(
            "SELECT records_before, kept, vanished FROM wh.ledger.redeliveries ORDER BY found_at"
        ).fetchall()
        assert lake.con.execute("SELECT count(*) FROM wh.ledger.rewritten").fetchone() == (0,)
    assert [set(keys) for (keys,) in found] == removed
    assert [len(keys) for (keys,) in found] == list(removals)
    assert kept is not None and kept[:2] == (count, sum(removals)), (
        "no list is dropped, the vanished are marked"
    )
    assert {f"O{each[1:]}" for each in kept[2]} == {key.split("|")[1] for keys in removed for key in keys}
    assert [row[2] for row in summary] == list(removals)
    assert all(before - vanished == same for before, same, vanished in summary)
    stages.link(run)
    with Lake.read(home) as lake:
        marked = lake.con.execute("SELECT count(vanished_at) FROM wh.core.lists").fetchone()
    assert marked == (sum(removals),), "linking again keeps the marks"
