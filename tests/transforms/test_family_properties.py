"""Figures by enterprise and by goods against plain Python over the same rows."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.capacity import capacity_daily
from transforms.enterprises import enterprises_daily
from transforms.schemas import TIME, TOTAL
from transforms.stated import Stated

DAY = date(2026, 11, 11)
CLASSES = (("large", Decimal(500)), ("small", Decimal(0)))
DAYS_SCHEMA = {
    "zone": pl.String(),
    "business_date": pl.Date(),
    "role": pl.String(),
    "code": pl.String(),
    "flow": pl.String(),
    "lists": pl.Int64(),
    "value_cny": TOTAL,
}
FIRMS = st.dictionaries(
    st.tuples(
        st.sampled_from(("E1", "E2", "E3", "E4")), st.sampled_from("IE"), st.sampled_from((0, 1, 364, 365))
    ),
    st.tuples(st.integers(1, 9), st.integers(0, 60_000)),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(FIRMS)
def test_enterprises_are_those_of_plain_python(firms: dict[tuple[str, str, int], tuple[int, int]]):
    rows = [
        ("z", DAY - timedelta(days=back), "ebc", code, flow, lists, Decimal(fen) / 100)
        for (code, flow, back), (lists, fen) in firms.items()
    ]
    days = pl.LazyFrame(rows, schema=DAYS_SCHEMA, orient="row")
    firsts = pl.LazyFrame(
        schema={name: DAYS_SCHEMA[name] for name in ("zone", "business_date", "role", "code")}
    )
    found = enterprises_daily(days, firsts, [DAY], Stated(size_classes=CLASSES)).collect()

    year: dict[str, int] = defaultdict(int)
    for (code, _, back), (_, fen) in firms.items():
        year[code] += fen if back < 365 else 0
    cells: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for (code, flow, back), (lists, fen) in firms.items():
        if back == 0:
            for in_flow in (flow, "all"):
                for size in ("all", "large" if year[code] >= 50_000 else "small"):
                    firm = cells[in_flow, size][code]
                    firm[0] += lists
                    firm[1] += fen
    assert {(row["flow"], row["size_class"]) for row in found.to_dicts()} == cells.keys()
    for row in found.to_dicts():
        cell = cells[row["flow"], row["size_class"]]
        values = sorted((fen for _, fen in cell.values()), reverse=True)
        total = sum(values)
        assert row["active"] == len(cell)
        assert row["value_cny"] == Decimal(total) / 100
        assert row["top1_value_cny"] == Decimal(values[0]) / 100
        assert row["median_lists"] == median(lists for lists, _ in cell.values())
        if total:
            assert row["hhi"] == pytest.approx(sum((each / total) ** 2 for each in values), rel=1e-12)
            assert row["top5_share"] == 1
        else:
            assert row["hhi"] is None


def test_one_enterprise_alone_has_the_whole_business_whatever_its_fractions_of_a_fen():
    """10.005 CNY squared is 100.100025: rounded to the fen before, the index would be 0.999."""
    rows = [("z", DAY, "ebc", "E1", "E", 1, Decimal("10.005"))]
    days = pl.LazyFrame(rows, schema=DAYS_SCHEMA, orient="row")
    nobody = pl.LazyFrame(
        schema={name: DAYS_SCHEMA[name] for name in ("zone", "business_date", "role", "code")}
    )
    found = enterprises_daily(days, nobody, [DAY], Stated()).collect()
    assert found.select("squares_cny2", "hhi").rows() == [(100.100025, 1.0)] * 2
    large = days.with_columns(pl.lit(Decimal(10**14) + 1).cast(TOTAL).alias("value_cny"))
    found = enterprises_daily(large, nobody, [DAY], Stated()).collect()
    assert found.select("squares_cny2", "hhi").rows() == [(None, None)] * 2, "no 128 bits hold its square"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("IE"), st.integers(0, 86_399)), max_size=30))
def test_peaks_are_those_of_plain_python(times: list[tuple[str, int]]):
    midnight = pl.lit(DAY).cast(TIME)
    lists = pl.LazyFrame(
        {"flow": [flow for flow, _ in times], "second": [second for _, second in times]},
        schema={"flow": pl.String(), "second": pl.Int64()},
    ).select(
        pl.lit("z").alias("zone"),
        "flow",
        (midnight + pl.duration(seconds=pl.col("second"))).alias("declared_at"),
        pl.lit(None, dtype=TIME).alias("released_at"),
    )
    found = capacity_daily(lists, [DAY], "z", Stated()).collect()
    for flow in ("I", "E", "all"):
        hours = [second // 3600 for in_flow, second in times if flow in (in_flow, "all")]
        minutes = [second // 60 for in_flow, second in times if flow in (in_flow, "all")]
        rows = found.filter((pl.col("flow") == flow) & (pl.col("basis") == "declared")).to_dicts()
        if not hours:
            assert [(row["lists"], row["peak_hour"], row["mean_hour_ratio"]) for row in rows] == (
                [(0, None, None)] if flow == "all" else []
            )
            continue
        most_hour = max(sorted(set(hours)), key=hours.count)
        most_minute = max(sorted(set(minutes)), key=minutes.count)
        assert (rows[0]["peak_hour"], rows[0]["peak_hour_lists"]) == (most_hour, hours.count(most_hour))
        assert rows[0]["peak_minute"] == f"{most_minute // 60:02}:{most_minute % 60:02}"
        assert rows[0]["peak_minute_lists"] == minutes.count(most_minute)
