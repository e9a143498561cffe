"""The band of a day's volume, by hand."""

from datetime import date

import pytest

from transforms.volume_band import volume_band

DAYS = [date(2026, 11, day) for day in range(2, 7)]


@pytest.mark.parametrize(
    ("lists", "median", "spread", "low", "high"),
    [
        # deviations 0, 10, 20, 30, 40: MAD 20, times 1.4826 = 29.652; 4 of them are 118.6
        ([1000, 1010, 1020, 970, 960], 1000, 50, 800, 1200),  # but at least 5 % of the median
        ([1000, 1100, 1200, 700, 600], 1000, 296.52, 0, 2186),  # MAD 200
        ([1000, 1010, 1020, 970, 90_000], 1010, 50.5, 808, 1212),  # one wild day moves next to nothing
        ([0, 0, 0, 0, 0], 0, 0, 0, 0),
    ],
)
def test_the_band_by_hand(lists: list[int], median: float, spread: float, low: int, high: int) -> None:
    band = volume_band(list(zip(DAYS, lists, strict=True)), least=5, spreads=4)
    assert band is not None
    assert (band.median, band.spread) == (median, pytest.approx(spread))
    assert (band.low, band.high, band.days, band.first, band.last) == (low, high, 5, DAYS[0], DAYS[-1])
    assert band.holds(low) and band.holds(high) and not band.holds(high + 1)


def test_too_little_history_gives_no_band() -> None:
    assert volume_band([(day, 1000) for day in DAYS[:4]], least=5, spreads=4) is None
