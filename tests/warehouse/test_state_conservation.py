"""The states of the lists add up in the transaction that publishes them, or nothing is published."""

from datetime import date, datetime

import polars as pl
import pytest

from transforms.metric_tables import METRIC_TABLES
from transforms.states import states_daily
from warehouse import conservation, vintages
from warehouse.errors import ConservationError

DAY = date(2026, 11, 11)


def store(lake, *states):
    """Lists accepted on the day, one a state."""
    for number, state in enumerate(states):
        lake.con.execute(
            "INSERT INTO wh.core.lists BY NAME SELECT 'zhengzhou' AS zone, DATE '2026-11-11' AS business_date, 'I' AS flow, "
            f"'E' AS ebc_code, '{number}' AS order_no, TIMESTAMP '2026-11-11 08:00:00' AS accepted_at, '{state}' AS state"
        )
    lake.con.execute(
        "INSERT INTO wh.core.partitions BY NAME SELECT 'zhengzhou' AS zone, DATE '2026-11-11' AS business_date, "
        f"{len(states)} AS lists, 1 AS open, TIMESTAMP '2026-11-11 08:00:00' AS first_at, "
        "TIMESTAMP '2026-11-11 08:00:00' AS last_at"
    )


def figures(lake):
    return states_daily(lake.con.sql("FROM wh.core.lists").pl().lazy(), [DAY]).collect()


def test_lists_in_known_states_add_up_and_a_day_without_lists_does(lake):
    store(lake, "closed", "waiting", "returned")
    conservation.check_states(lake.con, "zhengzhou", [DAY, date(2026, 11, 12)], figures(lake))


@pytest.mark.parametrize("spoil", ["state", "lost"])
def test_a_list_without_a_state_or_lost_on_the_way_is_named(lake, spoil):
    store(lake, "released", "waiting", "mislaid" if spoil == "state" else "accepted")
    told = figures(lake) if spoil == "state" else figures(lake).with_columns(accepted=2, open=pl.lit(1))
    with pytest.raises(
        ConservationError, match=r"zhengzhou 2026-11-11: .* Accepted 3 in core\.lists, [23] in"
    ):
        conservation.check_states(lake.con, "zhengzhou", [DAY], told)


def test_publishing_stops_and_nothing_is_published(lake):
    store(lake, "released")
    empty = {name: pl.DataFrame(schema=table.schema) for name, table in METRIC_TABLES.items()}
    before = lake.snapshot()

    check = conservation.of_states("zhengzhou", [DAY], empty["states_daily"])
    with pytest.raises(ConservationError, match=r"1 in core\.lists, 0 in the figures"):
        vintages.publish(lake, "zhengzhou", "r1", lambda: datetime(2026, 11, 12), empty, [DAY], check=check)
    assert lake.snapshot() == before
