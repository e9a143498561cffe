"""A lake made before a table or column was declared gets it, wherever it stands, and a day runs on it."""

from datetime import date

import pytest
from staged_runs import LOADED
from test_warehouse_linking import RATES, everything, link, load, one

from transforms.definitions import definitions_frame
from transforms.families import FAMILIES, figures
from transforms.logistics import DELIVERY_TIMES_DAILY
from transforms.stated import Stated
from warehouse import Home, Lake, measuring, migrations, schema, vintages
from warehouse.errors import NewerWarehouseError

ZONE, DAY = "zhengzhou", date(2026, 11, 11)
NEW_TABLES = ("goods_daily", "payments_daily")


def older(lake: Lake) -> None:
    """Take away what a later release declared; what comes back comes back at the end of its table."""
    con = lake.con
    for name in NEW_TABLES:
        con.execute(f"DROP VIEW wh.metrics.{name}")
        con.execute(f"DROP TABLE wh.vintages.{name}")
    con.execute("DROP TABLE wh.core.reconciliation")
    con.execute("ALTER TABLE wh.core.lists DROP COLUMN goods")
    con.execute("ALTER TABLE wh.vintages.volume_daily DROP COLUMN orders")
    con.execute("ALTER TABLE wh.documents.payments DROP COLUMN note")
    for name in ("definitions", "vintages", "revisions"):
        con.execute(f"DROP VIEW wh.metrics.{name}")
    con.execute("CREATE TABLE wh.metrics.definitions AS FROM wh.vintages.definitions")
    con.execute("ALTER TABLE wh.metrics.definitions DROP COLUMN published_at")
    con.execute("ALTER TABLE wh.metrics.definitions DROP COLUMN unit")
    for table in ("vintages.definitions", "vintages.revisions", "ledger.out_of_window"):
        con.execute(f"DROP TABLE wh.{table}")
    con.execute("DELETE FROM wh.ledger.migrations WHERE number >= 3")


def publish(lake: Lake, run: str) -> list[tuple[date, int]]:
    with measuring.inputs(lake, ZONE, DAY, [DAY], RATES, Stated()) as inputs:
        found = figures(FAMILIES, inputs)
    return vintages.publish(lake, ZONE, run, lambda: LOADED, found, [DAY])


@pytest.mark.ci
def test_a_day_runs_on_a_lake_of_an_older_release(home: Home, lake: Lake) -> None:
    load(home, lake, "r1", everything("1"))
    older(lake)
    assert migrations.apply(lake) == [number for number in migrations.registered() if number >= 3]
    assert link(lake) == 1, "the columns that came are filled"
    assert one(lake, "len(goods)") == (2,)
    assert load(home, lake, "r2", everything("2")) == 1
    assert publish(lake, "r2") == [(DAY, 1)]
    assert lake.con.execute(
        "SELECT lists, orders FROM wh.metrics.volume_daily WHERE basis = 'declared' "
        "AND flow = 'all' AND mode = 'all' AND office = 'all'"
    ).fetchall() == [(2, 2)]
    stored = lake.con.sql(f"SELECT {', '.join(definitions_frame().columns)} FROM wh.metrics.definitions").pl()
    assert stored.sort("table_name", "id").equals(definitions_frame().sort("table_name", "id"))


@pytest.mark.parametrize("since", [7, 13, 16])
def test_figures_published_before_a_column_came_have_it_unknown(lake: Lake, since: int) -> None:
    con = lake.con
    con.execute("DROP VIEW wh.metrics.delivery_times_monthly")
    con.execute("ALTER TABLE wh.vintages.delivery_times_daily DROP COLUMN signed")
    con.execute(
        "INSERT INTO wh.vintages.delivery_times_daily BY NAME SELECT 'z' AS zone, DATE '2026-11-11' AS business_date, "
        "'I' AS flow, 'SF' AS carrier, 2 AS released, 1 AS vintage"
    )
    con.execute(
        "INSERT INTO wh.vintages.published BY NAME SELECT 'z' AS zone, DATE '2026-11-11' AS business_date, 1 AS vintage"
    )
    con.execute(schema.metric_view(DELIVERY_TIMES_DAILY))
    con.execute(f"DELETE FROM wh.ledger.migrations WHERE number >= {since}")
    assert migrations.apply(lake) == [number for number in migrations.registered() if number >= since]
    shown = "released, signed, signed_share FROM wh.metrics.delivery_times"
    assert con.execute(f"SELECT {shown}_daily").fetchall() == [(2, None, None)]
    assert con.execute(f"SELECT {shown}_monthly").fetchall() == [(2, None, None)]


def test_an_older_release_does_not_write_to_a_newer_lake(home: Home, lake: Lake) -> None:
    newer = max(migrations.registered()) + 1
    lake.con.execute(
        f"INSERT INTO wh.ledger.migrations VALUES ({newer}, 'to come', current_localtimestamp())"
    )
    with pytest.raises(NewerWarehouseError, match=f"{newer}.*upgrade and rollback"):
        migrations.apply(lake)
