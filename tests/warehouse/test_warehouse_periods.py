"""The period views in the lake and in the analysts' copy."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from memory_lake import MemoryLake
from staged_runs import LOADED

from transforms.capacity import CAPACITY_DAILY, capacity_daily
from transforms.definitions import METRIC_TABLES, definitions_frame
from transforms.goods import countries_daily, released_lines
from transforms.goods_tables import COUNTRIES_DAILY
from transforms.logistics import CORRIDORS_DAILY, corridors_daily
from transforms.metric_model import MetricTable
from transforms.metric_tables import METRIC_VIEWS
from transforms.reconciliation.daily import reconciliation_daily
from transforms.reconciliation.tables import RECONCILIATION_DAILY
from transforms.schemas import LISTS, RECONCILIATION
from transforms.stated import Stated
from transforms.timeliness import timeliness_daily
from transforms.timeliness_tables import TIMELINESS_DAILY
from warehouse import Home, Lake, migrations, monthly, periods, published, vintages
from warehouse.schema import PROVISIONAL

DAYS = (date(2025, 11, 11), date(2026, 11, 11), date(2026, 11, 12))
MONTHS = (
    "SELECT period_start, days_covered, days_in_period, lists FROM {}.volume_monthly "
    "WHERE basis = 'declared' AND flow = 'all' ORDER BY ALL"
)


@pytest.fixture
def lake(home: Home) -> MemoryLake:
    """The same statements in memory; the tests of whole days publish in the real lake."""
    return MemoryLake(home)


def figures(lists: dict[date, int]) -> dict[str, pl.DataFrame]:
    """Volume of all lists of the days; the other tables empty."""
    tables = {name: pl.DataFrame(schema=table.schema) for name, table in METRIC_TABLES.items()}
    table = METRIC_TABLES["volume_daily"]
    rows = [
        dict.fromkeys(table.schema)
        | {"zone": "zhengzhou", "business_date": day, "basis": "declared", "lists": count}
        | dict.fromkeys(("flow", "mode", "office"), "all")
        for day, count in lists.items()
    ]
    return tables | {"volume_daily": pl.DataFrame(rows, schema=table.schema)}


def test_a_cell_without_a_row_on_the_last_day_has_nothing_open_then(lake: MemoryLake) -> None:
    table = METRIC_TABLES["clearance_daily"]
    last, before = DAYS[2], DAYS[1]
    cell = dict.fromkeys(table.schema) | {"zone": "zhengzhou", "basis": "release", "measure": "customs_gross"}
    rows = [
        cell | {"business_date": day, "mode": mode, "open": count} | dict.fromkeys(("flow", "office"), "all")
        for day, mode, count in ((before, "9610", 3), (before, "1210", 4), (last, "1210", 2))
    ]
    tables = figures({}) | {table.name: pl.DataFrame(rows, schema=table.schema)}
    vintages.publish(lake, "zhengzhou", "r", lambda: LOADED, tables, [before, last])
    told = lake.con.execute("SELECT mode, last_date, open FROM wh.metrics.clearance_monthly ORDER BY ALL")
    assert told.fetchall() == [("1210", last, 2), ("9610", last, 0)]


def test_periods_follow_the_newest_vintages_in_the_lake_and_in_the_copy(home: Home, lake: Lake):
    def publish(lists: dict[date, int], *days: date) -> None:
        vintages.publish(lake, "zhengzhou", "r", lambda: LOADED, figures(lists), days)

    publish({DAYS[0]: 5, DAYS[1]: 10}, *DAYS)
    november = date(2026, 11, 1)
    before = (date(2025, 11, 1), 1, 30, 5)
    assert lake.con.execute(MONTHS.format("wh.metrics")).fetchall() == [before, (november, 2, 30, 10)]
    publish({DAYS[2]: 7}, DAYS[2])
    assert lake.con.execute(MONTHS.format("wh.metrics")).fetchall() == [before, (november, 2, 30, 17)]
    with duckdb.connect(str(published.write(lake, home)), read_only=True) as con:
        assert con.execute(MONTHS.format("metrics")).fetchall() == [before, (november, 2, 30, 17)]
        compared = "SELECT days_compared, lists, lists_before, lists_change FROM metrics.volume_yoy WHERE period = 'month'"
        assert con.execute(compared).fetchall() == [(1, 10, 5, 1.0)]
        for view in periods.views():
            con.execute(f"SELECT * FROM metrics.{view.name}").fetchall()
        for table in METRIC_VIEWS.values():
            assert con.sql(f"FROM metrics.{table.name}").pl().schema == table.schema


def test_every_column_says_how_days_become_a_period():
    for table in METRIC_TABLES.values():
        for column in table.values:
            if isinstance(column.over_days, tuple):
                parts = {each.rpartition(":")[2] for each in column.over_days}
                assert parts <= set(table.schema), f"{table.name}.{column.id} is made of columns it has not"
            periods.over_days(table, column, periods.COVERED)  # an unknown rule is an error
            assert set(column.across) < set(table.grain_ids) - {"zone", "business_date"} or not column.across
    shown = definitions_frame().filter(
        (pl.col("table_name") == "clearance_daily") & (pl.col("id") == "mean_h")
    )
    assert shown["over_days"].to_list() == ["sum_h / ended"]


ZONE = "zhengzhou"
#: Four days of a month; the first three are published of the year before too.
FIRST, SECOND, THIRD, FOURTH = NOVEMBER = tuple(date(2026, 11, day) for day in (1, 2, 3, 4))
BEFORE = tuple(day.replace(year=2025) for day in NOVEMBER[:3])


def lists(*rows: Mapping[str, object]) -> pl.LazyFrame:
    """Lists of which a `<milestone>_at` is a day, at eight; each row as often as its `times` says."""
    empty = {name: [] if isinstance(dtype, pl.List) else None for name, dtype in LISTS.items()}
    return pl.LazyFrame(
        [
            empty
            | {"zone": ZONE, "flow": "I"}
            | {
                name: datetime.combine(value, time(8)) if isinstance(value, date) else value
                for name, value in row.items()
                if name != "times"
            }
            for row in rows
            for _ in range(row.get("times", 1))
        ],
        schema=LISTS,
    )


@contextmanager
def told(
    table: MetricTable, figures: pl.LazyFrame, days: Sequence[date]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The period views over daily figures of a table, as the family computes them; the days are published."""
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA metrics")
        con.register("figures", figures.collect().to_arrow())
        con.execute(f"CREATE TABLE metrics.{table.name} AS SELECT *, false AS {PROVISIONAL} FROM figures")
        con.execute("CREATE TABLE metrics.published_days (zone VARCHAR, business_date DATE)")
        con.executemany("INSERT INTO metrics.published_days VALUES (?, ?)", [(ZONE, day) for day in days])
        base = table.name.removesuffix(periods.DAILY)
        for view in periods.views():
            if view.name.rpartition("_")[0] == base:
                con.execute(f"CREATE VIEW metrics.{view.name} AS {view.query}")
        yield con


def test_a_share_of_a_corridor_counts_days_on_which_nothing_took_it():
    def abroad(day: date, times: int) -> dict[str, object]:
        return {"released_at": day, "traf_mode": "5", "country": "116", "times": times}

    def by_rail(day: date, times: int) -> dict[str, object]:
        return {"released_at": day, "traf_mode": "3", "country": "304", "times": times}

    rows = lists(
        *(by_rail(FIRST, 1), abroad(FIRST, 1), abroad(SECOND, 4), abroad(THIRD, 4), by_rail(FOURTH, 5)),
        *(by_rail(BEFORE[1], 3), abroad(BEFORE[1], 1), abroad(BEFORE[2], 1)),
    )
    days = (*BEFORE, *NOVEMBER)
    rail = "FROM metrics.corridors_{} WHERE corridor = 'china_europe_rail' AND flow = 'all' AND {}"
    with told(CORRIDORS_DAILY, corridors_daily(rows, days), days) as con:
        for view, start in (("monthly", "2026-11-01"), ("quarterly", "2026-10-01"), ("ytd", "2026-01-01")):
            found = con.execute(
                "SELECT days_covered, lists, abroad, share "
                + rail.format(view, f"period_start = DATE '{start}'")
            ).fetchall()
            # 1 + 5 by rail of 2 + 4 + 4 + 5 from abroad
            assert found == [(4, 6, 15, 6 / 15)], view
        found = con.execute(
            "SELECT days_compared, lists, lists_before, abroad, abroad_before, share, share_before, share_change "
            + rail.format("yoy", "period = 'month'")
        ).fetchall()
        assert found == [(3, 1, 3, 10, 5, 0.1, 0.6, pytest.approx(0.1 / 0.6 - 1))]


def goods(day: date, **values: int) -> dict[str, object]:
    """A list released on a day, a line a country (`c<code>`) of that value."""
    lines = [{"country": each[1:], "value_cny": Decimal(value), "hs": "33"} for each, value in values.items()]
    return {"released_at": day, "goods": lines}


COUNTRIES = lists(
    *(goods(FIRST, c304=10, c116=10), goods(SECOND, c116=30, c502=10), goods(THIRD, c116=40)),
    goods(FOURTH, c304=100),
    *(goods(BEFORE[0], c304=5, c116=5), goods(BEFORE[1], c116=90)),
)


def test_a_share_of_a_country_counts_days_without_a_line_of_it():
    days = (*BEFORE, *NOVEMBER)
    figures = countries_daily(released_lines(COUNTRIES, days))
    shown = "country, CAST(value_cny AS INT), CAST(flow_value_cny AS INT), value_share"
    with told(COUNTRIES_DAILY, figures, days) as con:
        for view, start in (("monthly", "2026-11-01"), ("quarterly", "2026-10-01"), ("ytd", "2026-01-01")):
            found = con.execute(
                f"SELECT days_covered, {shown} FROM metrics.countries_{view} "
                f"WHERE flow = 'I' AND period_start = DATE '{start}' ORDER BY country"
            ).fetchall()
            assert found == [
                (4, "116", 80, 200, 0.4),
                (4, "304", 110, 200, 0.55),
                (4, "502", 10, 200, 0.05),
                (4, "all", 200, 200, 1.0),
            ], view
        found = con.execute(
            f"SELECT days_compared, {shown}, CAST(value_cny_before AS INT), CAST(flow_value_cny_before AS INT), "
            "value_share_before FROM metrics.countries_yoy WHERE flow = 'I' AND period = 'month' ORDER BY country"
        ).fetchall()
        # The fourth is not published of the year before, so neither its 304 nor its 100 count.
        assert found == [
            (3, "116", 80, 100, 0.8, 95, 100, 0.95),
            (3, "304", 10, 100, 0.1, 5, 100, 0.05),
            (3, "502", 10, 100, 0.1, 0, 100, 0.0),
            (3, "all", 100, 100, 1.0, 100, 100, 1.0),
        ]


def test_a_share_of_a_reason_counts_days_on_which_no_list_had_a_reason():
    def reconciled(day: date, times: int, *reasons: str) -> list[dict[str, object]]:
        row = dict.fromkeys(RECONCILIATION) | {
            **{"zone": ZONE, "business_date": day, "subject": "list", "flow": "I", "mode": "1210"},
            **{"result": reasons[0] if reasons else "matched", "reasons": list(reasons)},
        }
        return [row] * times

    rows = [
        *reconciled(FIRST, 1),
        *reconciled(FIRST, 1, "late"),
        *reconciled(SECOND, 3),
        *reconciled(THIRD, 5),
    ]
    rows += [*reconciled(BEFORE[0], 1), *reconciled(BEFORE[1], 1, "orphan"), *reconciled(BEFORE[2], 2)]
    days = (*BEFORE, *NOVEMBER[:3])
    figures = reconciliation_daily(pl.LazyFrame(rows, schema=RECONCILIATION), days)
    cell = "flow = 'I' AND mode = '1210'"
    with told(RECONCILIATION_DAILY, figures, days) as con:
        for view, start in (("monthly", "2026-11-01"), ("quarterly", "2026-10-01"), ("ytd", "2026-01-01")):
            found = con.execute(
                f"SELECT days_covered, basis, code, number, total, share FROM metrics.reconciliation_{view} "
                f"WHERE {cell} AND period_start = DATE '{start}' ORDER BY basis, code"
            ).fetchall()
            # 2 + 3 + 5 lists; on the second and third no row of the basis "reason" is there at all
            assert found == [
                (3, "reason", "late", 1, 10, 0.1),
                (3, "result", "late", 1, 10, 0.1),
                (3, "result", "matched", 9, 10, 0.9),
            ], view
        found = con.execute(
            "SELECT code, number, number_before, total, total_before, share, share_before "
            f"FROM metrics.reconciliation_yoy WHERE {cell} AND basis = 'reason' AND period = 'month' ORDER BY code"
        ).fetchall()
        assert found == [("late", 1, 0, 10, 4, 0.1, 0.0), ("orphan", 0, 1, 10, 4, 0.0, 0.25)]


def test_the_share_of_the_capacity_counts_days_without_a_list():
    rows = lists({"declared_at": FIRST, "times": 10}, {"declared_at": THIRD, "times": 20})
    figures = capacity_daily(rows, NOVEMBER, ZONE, Stated(lists_per_day=10, peak_day_lists=40))
    with told(CAPACITY_DAILY, figures, NOVEMBER) as con:
        found = con.execute(
            "SELECT basis, flow, days_covered, lists, capacity_lists, capacity_share, mean_day_ratio, highest_day_lists, "
            "highest_day_share FROM metrics.capacity_monthly ORDER BY basis, flow DESC"
        ).fetchall()
    # 30 lists in four days are 7.5 a day; the zone could carry 40
    assert found == [
        ("declared", "all", 4, 30, 40, 0.75, 20 / 7.5, 40, 0.5),
        ("declared", "I", 4, 30, None, None, 20 / 7.5, None, None),
        ("released", "all", 4, 0, 40, 0.0, None, 40, 0.0),
    ]


def test_the_peak_hour_of_a_month_is_held_against_the_capacity_of_an_hour():
    rows = lists({"declared_at": FIRST, "times": 10}, {"declared_at": THIRD, "times": 20})
    figures = capacity_daily(rows, NOVEMBER, ZONE, Stated(lists_per_hour=25))
    with told(CAPACITY_DAILY, figures, NOVEMBER) as con:
        found = con.execute(
            "SELECT flow, peak_hour_lists, capacity_hour_lists, peak_hour_share, capacity_share "
            "FROM metrics.capacity_monthly WHERE basis = 'declared' ORDER BY flow DESC"
        ).fetchall()
    # eight o'clock of the third day: 20 of 25
    assert found == [("all", 20, 25, 0.8, None), ("I", 20, None, None, None)]


def test_the_share_linked_counts_days_without_a_document_and_days_without_a_list():
    direct = {"mode": "9610"}
    rows = lists(
        direct | {"declared_at": FIRST, "arrived_at": FIRST, "times": 2},
        direct | {"declared_at": SECOND, "times": 8},
        {"mode": "1210", "declared_at": SECOND, "times": 5},  # bonded: no inbound detail is to come
    )
    stored = {"kind": "CEB711", "delay_quarters": 1, "loaded_at": LOADED, "documents": 1}
    deliveries = pl.LazyFrame([{**stored, "business_date": day} for day in (FIRST, FIRST, THIRD)])
    nothing = pl.LazyFrame(schema={"business_date": pl.Date(), "kind": pl.String(), "status": pl.String()})
    days = NOVEMBER[:3]
    figures = timeliness_daily(deliveries, nothing, rows, days, ZONE, Stated())
    with told(TIMELINESS_DAILY, figures, days) as con:
        found = con.execute(
            "SELECT days_covered, documents, lists, linked, linked_share FROM metrics.timeliness_monthly "
            "WHERE kind = 'CEB711'"
        ).fetchall()
    assert found == [(3, 3, 10, 2, 0.2)]


def test_the_lake_and_the_file_of_the_month_tell_the_same_shares(lake: Lake):
    frames = {name: pl.DataFrame(schema=table.schema) for name, table in METRIC_TABLES.items()}
    frames[COUNTRIES_DAILY.name] = countries_daily(released_lines(COUNTRIES, NOVEMBER)).collect()
    vintages.publish(lake, ZONE, "r", lambda: LOADED, frames, NOVEMBER)
    wanted = [("116", 0.4), ("304", 0.55), ("502", 0.05), ("all", 1.0)]
    shares = "SELECT country, value_share FROM wh.metrics.countries_monthly WHERE flow = 'I' ORDER BY 1"
    assert lake.con.execute(shares).fetchall() == wanted
    file = monthly.of_table(COUNTRIES_DAILY, ZONE, FIRST)
    shown = f"FROM ({file}) WHERE metric = 'countries_daily.value_share' AND breakdowns LIKE 'flow=I;%' ORDER BY breakdowns"
    found = lake.con.execute(f"SELECT breakdowns, CAST(value AS DOUBLE) {shown}").fetchall()
    assert found == [(f"flow=I; country={country}", share) for country, share in wanted]


def test_a_lake_whose_views_added_up_the_cells_own_days_gets_the_right_ones(lake: Lake):
    lake.con.execute("CREATE OR REPLACE VIEW wh.metrics.countries_monthly AS SELECT 1 AS value_share")
    lake.con.execute("DELETE FROM wh.ledger.migrations WHERE number = 15")
    assert migrations.apply(lake) == [15]
    assert lake.con.execute("SELECT flow_value_cny FROM wh.metrics.countries_monthly").fetchall() == []


def test_only_a_sum_can_be_that_of_a_wider_group():
    (column,) = (each for each in COUNTRIES_DAILY.values if each.across)
    with pytest.raises(ValueError, match="flow_value_cny"):
        periods.over_days(COUNTRIES_DAILY, replace(column, over_days="max"), periods.COVERED)
    share = replace(COUNTRIES_DAILY.values[-1], over_days=("value_cny", "max:flow_value_cny"))
    with pytest.raises(ValueError, match="flow_value_cny"):
        periods.over_days(COUNTRIES_DAILY, share, periods.COVERED)
    shown = definitions_frame().filter(pl.col("id") == "flow_value_cny")
    assert shown["over_days"].to_list() == ["sum across country"]
