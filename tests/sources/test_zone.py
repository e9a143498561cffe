"""Zone files: what they give, and how they complain."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sources.zone import Zone, ZoneError, zone_names, zones_folder


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    original = (zones_folder() / "zhengzhou.toml").read_text(encoding="utf-8")
    monkeypatch.setenv("TONGGUAN_ZONES", str(tmp_path))

    def edit(old: str, new: str) -> None:
        assert old in original
        (tmp_path / "zhengzhou.toml").write_text(original.replace(old, new, 1), encoding="utf-8")

    return edit


@pytest.mark.parametrize("name", ["zhengzhou", "xinxiang", "chongqing"])
def test_every_zone_loads(name: str) -> None:
    zone = Zone.load(name)
    assert zone.name == name
    assert zone.simulator is not None
    assert all(zone.owns(office) for office in zone.offices)
    assert name in zone_names()


def test_zhengzhou_states_what_is_published() -> None:
    zone = Zone.load("zhengzhou")
    assert zone.offices["4611"] == "河南保税物流中心"
    assert zone.capacity.lists_per_day == 8_000_000
    assert zone.capacity.lists_per_hour is None
    assert Zone.load("chongqing").capacity.lists_per_hour == 41_000
    assert zone.baseline is not None
    assert (zone.baseline.year, zone.baseline.import_h, zone.baseline.export_h) == (
        2017,
        Decimal("105.57"),
        Decimal("7.39"),
    )
    assert zone.modes == ("1210", "1239", "9610", "9710", "9810")


@pytest.mark.parametrize(
    ("currency", "day", "expected"),
    [
        ("142", date(2020, 1, 1), Decimal(1)),
        ("502", date(2024, 12, 31), None),  # before the first rate: a gap
        ("502", date(2025, 1, 1), Decimal("7.1886")),
        ("502", date(2025, 1, 31), Decimal("7.1886")),
        ("502", date(2025, 2, 1), Decimal("7.1703")),
        ("116", date(2025, 3, 1), Decimal("0.047316")),
        ("330", date(2025, 3, 1), None),
    ],
)
def test_rate_is_the_newest_on_or_before_the_day(currency: str, day: date, expected: Decimal | None) -> None:
    assert Zone.load("zhengzhou").rate(currency, day) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('zh = "郑州"\n', "", "zh is missing"),
        ('name = "zhengzhou"', 'name = "other"', "name is 'other' but the file is called zhengzhou.toml"),
        ('4601 = "郑州海关"', '9901 = "郑州海关"', "offices.9901 does not begin with"),
        ("502 = 7.1886", "502 = -1", "rates.2025-01-01.502 must be a number of at least 0"),
        ("502 = 7.1886", "502 = 7.188600001", "rates.2025-01-01.502 has more than 8 decimals"),
        ("2025-01-01 =", "2025-13-01 =", "rates.2025-13-01 is not a date"),
        ("import_share = 0.78", "import_share = 1.78", "simulator.import_share must be a share"),
        ("1239 = 0.02", "1239 = 0.03", "simulator.import_modes adds up to 1.01"),
        ("rejected = 0.010", "rejectd = 0.010", "simulator.shares.rejected is missing"),
        ("year = 2017", "year = 2017\ncolour = 1", "baseline.colour is not a known key"),
        ("lists_per_day = 8_000_000", 'lists_per_day = "many"', "capacity.lists_per_day must be a whole"),
        ("[capacity]", "[capacity", "not readable as TOML"),
    ],
)
def test_complaints_name_file_and_key(edited, old: str, new: str, message: str) -> None:
    edited(old, new)
    with pytest.raises(ZoneError, match=r"zhengzhou\.toml: ") as caught:
        Zone.load("zhengzhou")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["atlantis", "../zhengzhou", ""])
def test_unknown_zone_lists_the_zones_there_are(name: str) -> None:
    with pytest.raises(ZoneError, match="zones there: chongqing, xinxiang, zhengzhou"):
        Zone.load(name)
