"""What a period sums is 0 on a day without anything to sum: unknown there would make the whole period unknown."""

from datetime import date, datetime

import duckdb
import polars as pl
from plain_figures import lists_of

from transforms.clearance import clearance_daily
from transforms.stated import Stated
from transforms.timeliness import timeliness_daily
from warehouse import periods
from warehouse.schema import PROVISIONAL

DAYS = [date(2026, 11, day) for day in (1, 2, 3)]
#: Neither documents stored nor documents set aside.
NOTHING = pl.LazyFrame(
    schema={
        "business_date": pl.Date(),
        "kind": pl.String(),
        "delay_quarters": pl.Int64(),
        "loaded_at": pl.Datetime("us"),
        "documents": pl.Int64(),
        "status": pl.String(),
    }
)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour)


def november(table: str, figures: pl.DataFrame) -> pl.DataFrame:
    """The month of a daily table, all of DAYS published."""
    queries = {each.name: each.query for each in periods.views()}
    with duckdb.connect() as con:
        con.register("figures", figures.to_arrow())
        con.execute("CREATE SCHEMA metrics")
        con.execute(f"CREATE TABLE metrics.{table} AS SELECT *, false AS {PROVISIONAL} FROM figures")
        con.execute(
            "CREATE TABLE metrics.published_days AS SELECT 'z' AS zone, "
            f"CAST(unnest({[str(each) for each in DAYS]}) AS DATE) AS business_date"
        )
        return con.sql(queries[table.replace("_daily", "_monthly")]).pl()


def test_a_day_with_open_lists_and_no_release_leaves_the_month_its_mean():
    lists = lists_of(
        [
            {"flow": "I", "accepted_at": at(1, 8), "released_at": at(1, 10)},
            {"flow": "I", "accepted_at": at(2, 10), "released_at": at(3, 12)},
            {"flow": "I", "accepted_at": at(3, 9), "released_at": at(3, 12)},
        ]
    )
    found = clearance_daily(lists, DAYS, datetime(2026, 11, 4)).collect()
    of_customs = (
        (pl.col("basis") == "release")
        & (pl.col("measure") == "customs_gross")
        & pl.all_horizontal(pl.col("flow", "mode", "office") == "all")
    )
    shown = ("n", "sum_h", "mean_h", "n_within_24h", "open")
    assert found.filter(of_customs).select(shown).rows() == [
        (1, 2.0, 2.0, 1, 0),
        (0, 0.0, None, 0, 1),
        (2, 29.0, 14.5, 1, 0),
    ]
    month = november("clearance_daily", found).filter(of_customs)
    assert month.select(shown).rows() == [(3, 31.0, 31 / 3, 2, 0)]


def test_on_the_acceptance_basis_only_what_still_runs_makes_a_sum_unknown():
    lists = lists_of(
        [
            {"flow": "I", "accepted_at": at(1, 8), "arrived_at": at(1, 6), "released_at": at(1, 10)},
            {"flow": "I", "accepted_at": at(2, 8), "released_at": at(2, 9)},
            {"flow": "I", "accepted_at": at(3, 8), "arrived_at": at(3, 7)},
        ]
    )
    found = clearance_daily(lists, DAYS, datetime(2026, 11, 4)).collect()
    of_arrival = (
        (pl.col("basis") == "acceptance")
        & (pl.col("measure") == "overall_gross")
        & pl.all_horizontal(pl.col("flow", "mode", "office") == "all")
    )
    assert found.filter(of_arrival).select("n", "sum_h", "mean_h", "n_within_1h", "undefined").rows() == [
        (1, 4.0, 4.0, 0, 0),
        (0, 0.0, None, 0, 1),
        (1, None, None, None, 0),
    ]


def test_open_lists_of_the_days_of_acceptance_add_up_and_a_cancelled_one_takes_no_mean():
    lists = lists_of(
        [
            {"flow": "I", "accepted_at": at(1, 8)},
            {"flow": "I", "accepted_at": at(1, 9), "cancelled_at": at(1, 10)},
            {"flow": "I", "accepted_at": at(2, 8), "released_at": at(2, 12)},
            {"flow": "I", "accepted_at": at(2, 8), "cancelled_at": at(2, 8)},
            {"flow": "I", "accepted_at": at(3, 8)},
        ]
    )
    found = clearance_daily(lists, DAYS, datetime(2026, 11, 4)).collect()
    of_customs = (pl.col("measure") == "customs_gross") & pl.all_horizontal(
        pl.col("flow", "mode", "office") == "all"
    )
    cohorts = of_customs & (pl.col("basis") == "acceptance")
    shown = ("n", "ended", "open", "sum_h", "mean_h", "n_within_1h", "n_within_24h")
    assert found.filter(cohorts).select(shown).rows() == [
        (2, 0, 1, None, None, None, None),
        (2, 1, 0, 4.0, 4.0, 0, 1),
        (1, 0, 1, None, None, None, None),
    ]
    month = november("clearance_daily", found).filter(of_customs)
    assert month.select("basis", "n", "ended", "open").sort("basis").rows() == [
        ("acceptance", 5, 1, 2),
        ("release", 1, 1, 2),
    ]


def test_a_day_without_lists_of_a_flow_leaves_the_month_its_linked_share():
    lists = lists_of(
        [
            {"flow": "E", "declared_at": at(1, 8), "order_app_at": at(1, 7)},
            {"flow": "I", "declared_at": at(2, 8), "order_app_at": at(2, 7)},
            {"flow": "E", "declared_at": at(3, 8)},
        ]
    )
    found = timeliness_daily(
        NOTHING, NOTHING, lists, DAYS, "z", Stated(expected_kinds=("CEB303", "CEB816"))
    ).collect()
    shown = ("lists", "linked", "linked_share")
    assert found.filter(pl.col("kind") == "CEB303").select(shown).rows() == [
        (1, 1, 1.0),
        (0, 0, None),
        (1, 0, 0.0),
    ]
    month = {kind: rest for kind, *rest in november("timeliness_daily", found).select("kind", *shown).rows()}
    assert month["CEB303"] == [2, 1, 0.5]
    assert month["CEB816"] == month["all"] == [None] * 3


def test_no_list_needs_a_receipt_of_payment_so_it_is_no_share_of_any():
    lists = lists_of(
        [
            {"flow": "E", "declared_at": at(1, 8), "pay_at": at(1, 7)},
            {"flow": "E", "declared_at": at(1, 9)},
            {"flow": "E", "declared_at": at(3, 9)},
        ]
    )
    found = timeliness_daily(NOTHING, NOTHING, lists, DAYS, "z", Stated(expected_kinds=("CEB403",))).collect()
    shown = ("lists", "linked", "linked_share")
    assert found.filter(pl.col("kind") == "CEB403").select(shown).rows() == [
        (None, 1, None),
        (None, 0, None),
        (None, 0, None),
    ]
    month = november("timeliness_daily", found).filter(pl.col("kind") == "CEB403").select(shown)
    assert month.rows() == [(None, 1, None)]


def test_bonded_lists_lack_no_inbound_detail():
    """Three of the bonded mode and one direct purchase with its detail: 1 of 1, not 1 of 4."""
    direct = {"flow": "I", "mode": "9610", "declared_at": at(1, 9), "arrived_at": at(1, 8)}
    bonded = {"flow": "I", "mode": "1210", "declared_at": at(1, 9)}
    found = timeliness_daily(
        NOTHING, NOTHING, lists_of([direct, bonded, bonded, bonded]), DAYS, "z", Stated()
    ).collect()
    shown = found.select("kind", "lists", "linked", "linked_share").rows()
    assert ("CEB711", 1, 1, 1.0) in shown
    assert ("CEB511", 4, 0, 0.0) in shown
