"""A second, plainer computation of figures for the tests: rows as dicts, roll-ups by hand."""

from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction
from itertools import product

import polars as pl
from hypothesis import strategies as st

from transforms.schemas import LISTS

DAY = date(2026, 11, 11)
MIDNIGHT = datetime(2026, 11, 11)

flows = st.sampled_from(["I", "E"])
modes = st.sampled_from(["1210", "9610", None])
offices = st.sampled_from(["4604", None])
#: Hours around the day, quarters of an hour apart, or no time.
hours = st.one_of(st.none(), st.integers(-24, 47))


def lists_of(records):
    """Lists with the columns given, others null."""
    several = {name for name, dtype in LISTS.items() if isinstance(dtype, pl.List)}
    empty = {name: [] if name in several else None for name in LISTS}
    return pl.LazyFrame([{**empty, "zone": "z", **each} for each in records], schema=LISTS)


def rolled_up(rows, over):
    """Rows once for every roll-up of `over`: (values of over with 'all', row)."""
    for row in rows:
        for keep in product((True, False), repeat=len(over)):
            yield (
                tuple(
                    (row[name] or "unknown") if kept else "all" for name, kept in zip(over, keep, strict=True)
                ),
                row,
            )


def grouped(rows, over, by=()):
    """{(*by, *over with 'all'): rows}."""
    found = defaultdict(list)
    for key, row in rolled_up(rows, over):
        found[(*(row[name] for name in by), *key)].append(row)
    return found


def quantile(durations, p, longer=0):
    """Linear between order statistics, in hours; None where it falls among the `longer` ones."""
    ordered = sorted(durations) + [None] * longer
    if not ordered:
        return None
    place = (len(ordered) - 1) * p
    low, rest = int(place), place - int(place)
    if ordered[low] is None or (rest and ordered[low + 1] is None):
        return None
    value = ordered[low] + (rest * (ordered[low + 1] - ordered[low]) if rest else 0)
    return float(Fraction(value) / 3_600_000)


def timing(durations, still=0):
    """The columns of transforms.cube.timing from durations in milliseconds, None where unknown."""
    used = [each for each in durations if each is not None and each >= 0]
    return {
        "n": len(used),
        "total_h": float(Fraction(sum(used), 3_600_000)),
        "mean_h": float(Fraction(sum(used), len(used) * 3_600_000)) if used else None,
        "median_h": quantile(used, Fraction(1, 2), still),
        "p90_h": quantile(used, Fraction(9, 10), still),
        "negative": sum(each is not None and each < 0 for each in durations),
        "undefined": sum(each is None for each in durations),
    }


def milliseconds(start, end):
    """Between two times; None where one is unknown."""
    if start is None or end is None:
        return None
    return round((end - start).total_seconds() * 1000)


def by_key(frame, key):
    """Rows of a table as {key: row}."""
    return {tuple(row[name] for name in key): row for row in frame.collect().to_dicts()}


def agree(found, wanted, key):
    """Every row of `found` has exactly the values of `wanted`: {key: {column: value}}."""
    rows = by_key(found, key)
    assert rows.keys() == wanted.keys()
    for each, values in wanted.items():
        assert {name: rows[each][name] for name in values} == values, each
