"""The bunching test: the examples of its page, its size and its power."""

import math
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from transforms.bunching import ALPHA, bunching_daily, judge
from transforms.schemas import LISTS

PAGE = (Path(__file__).parents[2] / "docs" / "method-integrity.md").read_text(encoding="utf-8")
_ROW = re.compile(
    r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]*) ?\| ([\d.]*) ?\| ([\d.]*) ?\| ([a-z ]+) \|$", re.M
)
EXAMPLES = _ROW.findall(PAGE)


@pytest.mark.parametrize("example", EXAMPLES, ids=[each[-1] for each in EXAMPLES])
def test_the_examples_of_the_page(example: tuple[str, ...]) -> None:
    outer_below, below, above, outer_above = (int(each) for each in example[:4])
    found = judge(below, above, outer_below, outer_above)
    for value, text in zip((found.expected_share, found.p_value, found.power), example[4:7], strict=True):
        digits = len(text.partition(".")[2])
        assert (value is None) if not text else value == pytest.approx(float(text), abs=0.51 * 10**-digits)
    assert found.verdict == example[7]


def test_the_page_has_an_example_of_every_verdict() -> None:
    assert {each[-1] for each in EXAMPLES} == {"bunched", "weak", "none found", "too few"}


def test_the_probability_is_the_binomial_tail_added_up() -> None:
    """The first example by a plain sum."""
    slope, error = 0.0, math.sqrt(2 / 250.5) / 3
    p = 1 / (1 + math.exp(-(slope + 1.6448536269514722 * error)))
    tail = sum(math.comb(500, k) * p**k * (1 - p) ** (500 - k) for k in range(300, 501))
    assert judge(300, 200, 250, 250).p_value == pytest.approx(tail, rel=1e-9)


def windows(draws: np.ndarray) -> tuple[int, int, int, int]:
    """Counts (below, above, outer_below, outer_above) of positions in four windows from -2 to 2."""
    edges = np.histogram(draws, bins=[-2, -1, 0, 1, 2])[0]
    return int(edges[1]), int(edges[2]), int(edges[0]), int(edges[3])


@pytest.mark.parametrize("slope", [-0.4, 0.0, 0.4])
def test_without_bunching_alarms_are_rarer_than_stated(slope: float) -> None:
    """4,000 days with a log density that is straight: level, rising and falling."""
    random = np.random.default_rng(20261111)
    weights = np.exp(slope * np.array([-1.5, -0.5, 0.5, 1.5]))
    alarms = 0
    for n in (400, 4_000, 40_000, 400_000):
        for counts in random.multinomial(n, weights / weights.sum(), size=1000):
            found = judge(int(counts[1]), int(counts[2]), int(counts[0]), int(counts[3]))
            alarms += found.verdict == "bunched"
    assert alarms <= 4 * 1000 * ALPHA


def test_moved_lists_are_found_with_the_stated_power() -> None:
    random = np.random.default_rng(48)
    found, stated = 0, []
    for _ in range(400):
        below, above, outer_below, outer_above = windows(random.uniform(-2, 2, 8_000))
        moved = random.binomial(above, 0.1)
        result = judge(below + moved, above - moved, outer_below, outer_above)
        found += result.verdict == "bunched"
        stated.append(result.power)
    assert found / 400 == pytest.approx(sum(stated) / 400, abs=0.08)


def test_durations_fall_into_their_windows_to_the_millisecond() -> None:
    start, hour = datetime(2026, 11, 10, 12), timedelta(hours=1)
    ms = timedelta(milliseconds=1)
    spans = [
        22 * hour,
        22 * hour + ms,
        23 * hour,
        23 * hour + ms,
        24 * hour,
        24 * hour + ms,
        25 * hour,
        26 * hour,
    ]
    lists = [{"zone": "z", "flow": "I", "accepted_at": start, "released_at": start + each} for each in spans]
    day = date(2026, 11, 11)
    table = bunching_daily(pl.LazyFrame(lists, schema=LISTS), [day], [Decimal(24)]).collect()
    row = table.filter(flow="all", measure="customs_gross").row(0, named=True)
    # On the day: those of 24 h or less were released on the 11th by noon, the later ones too.
    assert (row["outer_below"], row["below"], row["above"], row["outer_above"]) == (2, 2, 2, 1)
    assert (row["n"], row["verdict"], row["p_value"]) == (4, "too few", None)
