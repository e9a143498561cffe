"""The worked example of docs/method-revisions.md, computed from the page; cells that come and go."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from transforms.metric_model import BREAKDOWN, DATE, ZONE, MetricTable, count, hours, money, text
from transforms.revisions import VALUE, adding, cells, mean_revisions, revised, triangle

PAGE = Path(__file__).parents[2] / "docs" / "method-revisions.md"
TABLE = MetricTable(
    "volume",
    "量",
    "volume",
    (ZONE, DATE, *BREAKDOWN[:1]),
    (
        count("lists", "单", "lists", "count"),
        money("value_cny", "值", "value", "sum"),
        hours("mean_h", "均", "mean", "mean"),
        text("rule", "法", "rule", "any", "says so"),
    ),
)
CELL = "flow=all"


def page_table(first: str) -> list[dict[str, str]]:
    """Rows of the table of the page whose heading begins so."""
    lines = PAGE.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    split = [[each.strip() for each in line.strip("|").split("|")] for line in lines[start:]]
    heading, rows = split[0], split[2:]
    length = next((n for n, row in enumerate(rows) if len(row) < len(heading)), len(rows))
    return [dict(zip(heading, row, strict=True)) for row in rows[:length]]


def frame(*rows: dict, **more: object) -> pl.DataFrame:
    blank = {"zone": "z", "business_date": date(2026, 10, 1), "flow": "all"}
    return pl.DataFrame([blank | row | more for row in rows], schema=TABLE.schema)


def published() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the table and the book of vintages, from the page."""
    rows, book = [], []
    for each in page_table("business_date | vintage"):
        day, vintage = date.fromisoformat(each["business_date"]), int(each["vintage"])
        book.append((day, vintage, datetime.fromisoformat(each["published_at"])))
        for flow, lists in (("all", int(each["lists"])), ("I", 1)):
            row = frame({"business_date": day, "flow": flow, "lists": lists})
            rows.append(row.with_columns(vintage=pl.lit(vintage, dtype=pl.Int64)))
    schema = {"business_date": pl.Date(), "vintage": pl.Int64(), "published_at": pl.Datetime("us")}
    return pl.concat(rows), pl.DataFrame(book, schema=schema, orient="row")


def test_the_worked_example_of_the_page():
    rows, book = published()
    found = triangle(cells(TABLE, rows, ["lists"]), book, datetime(2026, 11, 15, 12))
    assert found["breakdowns"].unique().to_list() == [CELL], "only the cell that is 'all'"
    wanted = page_table("business_date | d1")
    for row, each in zip(found.to_dicts(), wanted, strict=True):
        assert row["business_date"].isoformat() == each["business_date"]
        assert [row[name] for name in ("d1", "d7", "d30", "final")] == [
            Decimal(each[name]) for name in ("d1", "d7", "d30", "final")
        ]
    for row, each in zip(mean_revisions(found).to_dicts(), page_table("step"), strict=True):
        assert (row["step"], row["dates"]) == (each["step"], int(each["dates"]))
        for name in ("mr", "mar", "relative_mr", "relative_mar"):
            assert row[name] == pytest.approx(float(Fraction(each[name])), abs=1e-15), (each["step"], name)


@pytest.mark.parametrize(
    ("until", "d7", "d30"),
    [
        (datetime(2026, 10, 8, 23, 59), None, None),
        (datetime(2026, 10, 9), Decimal(104), None),
        (datetime(2026, 11, 1), Decimal(104), Decimal(103)),
    ],
)
def test_a_day_that_is_not_over_has_no_figure_yet(until, d7, d30):
    rows, book = published()
    first = triangle(cells(TABLE, rows, ["lists"]), book, until).row(0, named=True)
    assert (first["d7"], first["d30"]) == (d7, d30)


def test_a_date_published_late_has_no_first_figure_and_no_revision_of_it():
    rows, book = published()
    late = book.filter(pl.col("vintage") > 1)
    found = triangle(cells(TABLE, rows.filter(pl.col("vintage") > 1), ["lists"]), late, datetime(2027, 1, 1))
    assert found["d1"].to_list() == [None, None]
    assert found["d7"].to_list() == [Decimal(104), None]
    steps = mean_revisions(found)
    assert dict(zip(steps["step"], steps["dates"], strict=True)) == {"d7 to d30": 1, "d30 to final": 2}


def test_cells_that_change_appear_and_vanish_are_revisions_with_exact_money():
    before = frame(
        {"flow": "I", "lists": 3, "value_cny": Decimal("12345678901234567890.12345"), "mean_h": 0.1},
        {"flow": "E", "lists": 2, "rule": "old"},
        {"flow": "all", "lists": 5},
    )
    after = frame(
        {"flow": "I", "lists": 3, "value_cny": Decimal("12345678901234567890.12346"), "mean_h": 0.1},
        {"flow": "all", "lists": 5, "rule": "new"},
        {"flow": "X", "lists": 0},
    )
    found = revised(TABLE, before, after).select("metric", "breakdowns", "old", "new").rows()
    money_before, money_after = (
        Decimal("12345678901234567890.1234500000"),
        Decimal("12345678901234567890.1234600000"),
    )
    assert found == [
        ("volume.lists", "flow=E", Decimal(2), None),
        ("volume.lists", "flow=X", None, Decimal(0)),
        ("volume.value_cny", "flow=I", money_before, money_after),
    ]
    assert revised(TABLE, before, before).is_empty()


def test_mean_revisions_of_figures_that_are_all_nothing_have_no_relative_size():
    schema = {"business_date": pl.Date(), "metric": pl.String(), "breakdowns": pl.String()}
    zeros = pl.DataFrame(
        [(date(2026, 10, 1), "volume.lists", CELL)], schema=schema, orient="row"
    ).with_columns(pl.lit(0).cast(pl.Decimal(38, 10)).alias(name) for name in ("d1", "d7", "d30", "final"))
    assert mean_revisions(zeros)["relative_mar"].to_list() == [None] * 4


FIRST, SECOND = date(2026, 11, 11), date(2026, 11, 12)


def coming_and_going(
    *found: tuple[date, int, int | None],
    metric: str = "volume.lists",
    added: tuple[str, ...] = ("volume.lists",),
) -> pl.DataFrame:
    """The triangle of one cell of two dates, each published at D+1 and D+3; rows: date, vintage, value."""
    schema = {"business_date": pl.Date(), "metric": pl.String(), "breakdowns": pl.String()}
    long = pl.DataFrame(
        [(day, metric, CELL, vintage, value) for day, vintage, value in found],
        schema=schema | {"vintage": pl.Int64(), "value": VALUE},
        orient="row",
    )
    book = pl.DataFrame(
        [
            (day, vintage, datetime(2026, 11, day.day + after, 9))
            for day in (FIRST, SECOND)
            for vintage, after in ((1, 1), (2, 3))
        ],
        schema={"business_date": pl.Date(), "vintage": pl.Int64(), "published_at": pl.Datetime("us")},
        orient="row",
    )
    return triangle(long, book, datetime(2027, 1, 1), added)


def first_week(found: pl.DataFrame) -> tuple[object, ...] | None:
    rows = mean_revisions(found).filter(step="d1 to d7").select("dates", "mr", "mar").rows()
    return rows[0] if rows else None


def test_a_count_that_appears_was_0_before():
    """0 to 10 and 4 to 4: 10 over two dates."""
    appears = coming_and_going((FIRST, 2, 10), (SECOND, 1, 4), (SECOND, 2, 4))
    assert appears.select("d1", "d7", "final").rows() == [(0, 10, 10), (4, 4, 4)]
    assert first_week(appears) == (2, 5.0, 5.0)


def test_a_count_that_vanishes_is_0_afterwards():
    vanishes = coming_and_going((FIRST, 1, 10), (SECOND, 1, 4), (SECOND, 2, 4))
    assert first_week(vanishes) == (2, -5.0, 5.0)


def test_a_mean_of_nothing_and_a_count_that_says_unknown_are_no_numbers():
    mean = coming_and_going((FIRST, 2, 10), (SECOND, 1, 4), (SECOND, 2, 4), metric="volume.mean_h")
    assert first_week(mean) == (1, 0.0, 0.0)
    unknown = coming_and_going((FIRST, 1, None), (FIRST, 2, 10), (SECOND, 1, 4), (SECOND, 2, 4))
    assert first_week(unknown) == (1, 0.0, 0.0)


def test_what_adds_up_is_said_by_the_columns():
    wide = count("total", "总", "total", "of all flows", across=("flow",))
    largest = count("largest", "大", "largest", "the largest", over_days="max")
    table = replace(TABLE, values=(*TABLE.values, wide, largest))
    assert adding(table) == ["volume.lists", "volume.value_cny"]
