"""What is expected when, by hand against the calendar of 2026, and how the section complains."""

from datetime import date, datetime
from pathlib import Path

import pytest

from sources.toml_table import TomlTable, ZoneError
from sources.workdays import Calendar
from sources.zone_deliveries import Deliveries, read_deliveries

KINDS = ("CEB311", "CEB513", "CEB621")
CALENDAR = Calendar()


def read(content: dict[str, object]) -> Deliveries:
    return read_deliveries(TomlTable(content, Path("z.toml"), "deliveries"), KINDS, ["post"])


@pytest.mark.parametrize(
    ("entry", "day", "by", "expected"),
    [
        ({}, "2026-11-21", "2026-11-21", True),  # a Saturday, every day
        ({"days": "workdays"}, "2026-11-21", "2026-11-21", False),
        ({"days": "workdays"}, "2026-10-10", "2026-10-10", True),  # a Saturday that is worked
        ({"days": "workdays"}, "2026-10-05", "2026-10-05", False),  # National Day, a Monday
        ({"days": ["mon", "sat"]}, "2026-11-21", "2026-11-21", True),
        ({"days": ["mon"]}, "2026-11-21", "2026-11-21", False),
        ({"lag_days": 2}, "2026-11-18", "2026-11-19", False),
        ({"lag_days": 2}, "2026-11-18", "2026-11-20", True),
        ({"lag_workdays": 1}, "2026-09-30", "2026-10-07", False),  # the next workday is 8 October
        ({"lag_workdays": 1}, "2026-09-30", "2026-10-08", True),
        ({"days": "workdays"}, "2031-03-03", "2031-03-03", False),  # nobody states 2031: not guessed
    ],
)
def test_when_a_delivery_is_demanded(entry: dict[str, object], day: str, by: str, expected: bool) -> None:
    read_ = read({"expected": [{"kinds": ["CEB513"], "source": "post", **entry}]})
    kinds = read_.kinds(date.fromisoformat(day), date.fromisoformat(by), CALENDAR)
    assert ("CEB513" in kinds) is expected
    assert {"CEB311", "CEB621"} <= set(kinds), "kinds that no entry names are expected every day"


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-12T08:59", "2026-11-10"),
        ("2026-11-12T09:00", "2026-11-11"),
        ("2026-11-12T23:00", "2026-11-11"),
    ],
)
def test_the_day_that_is_due(moment: str, due: str) -> None:
    assert read({"run_by": "09:00"}).due_date(datetime.fromisoformat(moment)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            {"expected": [{"kinds": ["CEB999"]}]},
            r"expected\[1\].kinds names CEB999, which is not in coverage",
        ),
        (
            {"expected": [{"kinds": ["CEB311"], "source": "ftp"}]},
            "no source of this zone; there are: post, inbox",
        ),
        ({"expected": [{"kinds": ["CEB311"], "days": "sometimes"}]}, 'must be "every day", "workdays"'),
        ({"expected": [{"kinds": ["CEB311"], "lag_days": 1, "lag_workdays": 1}]}, "cannot both be given"),
        ({"expected": [{"kinds": ["CEB311"], "lag_days": 9}]}, "must be expected within 6 days"),
        ({"expected": {}}, "must be a list of tables"),
        ({"run_by": "9"}, "write it as 09:00"),
        ({"volume": {"least": 2}}, "volume.least must be a whole number of at least 5"),
        ({"stuck": 1}, "stuck is not a known key"),
    ],
)
def test_complaints_name_file_and_key(content: dict[str, object], complaint: str) -> None:
    with pytest.raises(ZoneError, match=rf"^z.toml: deliveries.{complaint}|^z.toml: .*{complaint}"):
        read(content)
