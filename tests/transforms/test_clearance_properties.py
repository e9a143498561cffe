"""What must hold of the clearance figures whatever the lists: against plainer computations."""

from datetime import date, datetime, timedelta
from fractions import Fraction

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.clearance import clearance_daily, exclusions_daily
from transforms.exclusions import cut_total, united
from transforms.kaplan_meier import estimates
from transforms.measures import QUANTILES, WITHIN_MS
from transforms.quantiles import HOUR_MS, linear_quantiles
from transforms.schemas import LISTS
from transforms.volume import volume_daily

DAY = date(2026, 11, 11)
MIDNIGHT = datetime(2026, 11, 11)
FEW = settings(max_examples=60, deadline=None)

minutes = st.integers(0, 120)
intervals = st.lists(st.tuples(st.integers(0, 2), minutes, minutes), max_size=12)


@FEW
@given(intervals, minutes, minutes)
def test_united_and_cut_intervals_count_every_minute_once(found, start, length):
    frame = pl.LazyFrame(found, schema={"row": pl.UInt32, "start": pl.Int64, "end": pl.Int64}, orient="row")
    spans = pl.LazyFrame({"row": [0, 1, 2], "from": start, "until": start + length}).with_columns(
        pl.col("row").cast(pl.UInt32)
    )
    total = cut_total(united(frame, ("row",)), spans, ("row",), "row").collect()
    by_minute = {
        row: sum(
            any(which == row and a <= minute < b for which, a, b in found)
            for minute in range(start, start + length)
        )
        for row in range(3)
    }
    assert dict(total.rows()) == {row: count for row, count in by_minute.items() if count}


def plain_kaplan_meier(durations):
    """(t, F(t)) at every end, from the definition, in fractions."""
    survival, steps = Fraction(1), []
    for t in sorted({t for t, censored in durations if not censored}):
        at_risk = sum(each >= t for each, _ in durations)
        ended = sum(each == t and not censored for each, censored in durations)
        survival *= 1 - Fraction(ended, at_risk)
        steps.append((t, 1 - survival))
    return steps


@FEW
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=25))
def test_kaplan_meier_is_that_of_the_definition(durations):
    ordered = sorted(durations)
    ladder = pl.DataFrame(
        {
            "cell": pl.Series([0], dtype=pl.UInt32),
            "durations": [[t for t, _ in ordered]],
            "censored": pl.Series(
                [[i for i, (_, censored) in enumerate(ordered) if censored]], dtype=pl.List(pl.UInt32)
            ),
        }
    )
    times = range(14)
    covered = pl.LazyFrame(
        {
            "cell": pl.Series([0], dtype=pl.UInt32),
            **{f"by_{t}": [sum(each <= t for each, _ in ordered)] for t in times},
        }
    )
    wanted = {**QUANTILES, "max": (1, 1), "first": (1, 100)}
    found = estimates(ladder, covered, wanted).collect().row(0, named=True)
    steps = plain_kaplan_meier(durations)
    for name, (above, below) in wanted.items():
        assert found[name] == next((t for t, f in steps if f >= Fraction(above, below)), None), name
    for t in times:
        assert abs(found[f"by_{t}"] - max((f for at, f in steps if at <= t), default=0)) < 1e-12


@FEW
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_quantiles_are_linear_interpolated(durations):
    ordered = sorted(durations)
    ladder = pl.DataFrame({"cell": [0], "durations": [ordered]})
    found = linear_quantiles(ladder, QUANTILES).row(0, named=True)
    for name, (above, below) in QUANTILES.items():
        place = Fraction(above, below) * (len(ordered) - 1)
        lower = ordered[int(place)]
        upper = ordered[min(int(place) + 1, len(ordered) - 1)]
        assert found[name] == float((lower + (upper - lower) * (place - int(place))) / HOUR_MS)


offset = st.integers(-300, 3000)
maybe = st.none() | offset
one_list = st.fixed_dictionaries(
    {
        "flow": st.sampled_from("IE"),
        "mode": st.sampled_from(["1210", "9610", None]),
        "office": st.sampled_from(["4604", "4605", None]),
        "accepted_at": maybe,
        "released_at": maybe,
        "declared_at": maybe,
        "arrived_at": maybe,
        "cancelled_at": st.none() | st.none() | offset,
        "review_at": st.none() | offset,
        "review_next_at": maybe,
        "signed_at": maybe,
        "exclusions": st.lists(st.tuples(st.sampled_from(["repair", "arrival"]), offset, maybe), max_size=3),
    }
)


def as_lists(drawn):
    def time(value):
        return None if value is None else MIDNIGHT + timedelta(minutes=value)

    records = [
        {
            **{name: time(value) if name.endswith("_at") else value for name, value in each.items()},
            "zone": "test",
            "has_order": False,
            "exclusions": [
                {"reason": reason, "start_at": time(start), "end_at": time(end)}
                for reason, start, end in each["exclusions"]
            ],
        }
        for each in drawn
    ]
    return pl.LazyFrame(records, schema=LISTS)


UNTIL = MIDNIGHT + timedelta(days=2)


@settings(max_examples=12, deadline=None)
@given(st.lists(one_list, min_size=1, max_size=15), st.randoms())
def test_figures_do_not_depend_on_order_and_counts_add_up(drawn, random):
    lists = as_lists(drawn)
    figures = clearance_daily(lists, [DAY], UNTIL).collect()
    excluded = exclusions_daily(lists, [DAY], UNTIL).collect()
    volume = volume_daily(lists, [DAY]).collect()
    shuffled = list(drawn)
    random.shuffle(shuffled)
    assert_frame_equal(figures, clearance_daily(as_lists(shuffled), [DAY], UNTIL).collect(), check_exact=True)
    assert_frame_equal(
        excluded, exclusions_daily(as_lists(shuffled), [DAY], UNTIL).collect(), check_exact=True
    )
    assert_frame_equal(volume, volume_daily(as_lists(shuffled), [DAY]).collect())

    keys = ["basis", "measure"]
    counts = ["n", "open", "negative", "undefined"]
    whole = figures.filter(pl.all_horizontal(pl.col("flow", "mode", "office") == "all"))
    base = figures.filter(pl.all_horizontal(pl.col("flow", "mode", "office") != "all"))
    added = base.group_by(keys).agg(pl.col(counts).sum()).sort(keys)
    assert whole.select(*keys, *counts).sort(keys).rows() == added.rows()
    assert (
        figures.select(pl.col("n") + pl.col("open") + pl.col("negative") + pl.col("undefined") > 0)
        .to_series()
        .all()
    )

    n = sum(each["released_at"] is not None and 0 <= each["released_at"] < 1440 for each in drawn)
    released = whole.filter((pl.col("basis") == "release") & (pl.col("measure") == "customs_gross"))
    assert sum(released.select(pl.sum_horizontal("n", "negative", "undefined")).to_series()) == n
    took = [
        each["released_at"] - each["accepted_at"]
        for each in drawn
        if each["released_at"] is not None
        and 0 <= each["released_at"] < 1440
        and each["accepted_at"] is not None
        and each["accepted_at"] <= each["released_at"]
    ]
    assert released["sum_h"].to_list() == [sum(took) / 60] * released.height
    assert figures.filter(pl.col("basis") == "release")["sum_h"].null_count() == 0
    assert figures.filter(pl.col("n") == 0).select((pl.col("sum_h") == 0).all()).item()

    hours = dict(
        excluded.filter(pl.all_horizontal(pl.col("flow", "mode", "office") == "all"))
        .group_by(keys)
        .agg(pl.col("hours").sum())
        .select(pl.concat_str(keys, separator="/"), "hours")
        .rows()
    )
    for row in whole.filter(pl.col("excluded_h").is_not_null()).iter_rows(named=True):
        assert hours.get(f"{row['basis']}/{row['measure']}", 0.0) >= row["excluded_h"] - 1e-9
    shares = figures.drop_nulls("within_1m").select(*WITHIN_MS)
    assert all(list(row) == sorted(row) for row in shares.rows())
