"""prefect.yaml: every zone has every deployment, from one description a kind."""

import re
from datetime import date, datetime
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from flows.monthly import month_due
from sources.workdays import NOTHING_STATED, CalendarUnknown, first_workday
from sources.zone import zone_names

FILE = Path(__file__).parents[2] / "prefect.yaml"
#: Kind -> cron in Asia/Shanghai; None: only by hand.
KINDS = {
    "daily": "30 6 * * *",
    "intraday": "5 * * * *",
    "revise": "30 12 * * *",
    "monthly": "0 8 1-10 * *",
    "maintenance": "30 2 * * *",
    "watchdog": "20 * * * *",
    "backfill": None,
}


@pytest.fixture(scope="module")
def deployments() -> dict[str, dict]:
    return {each["name"]: each for each in yaml.safe_load(FILE.read_text())["deployments"]}


def test_every_zone_has_every_deployment(deployments: dict[str, dict]) -> None:
    assert {f"{zone}-{kind}" for zone in zone_names() for kind in KINDS} <= deployments.keys()
    for zone in zone_names():
        for kind, cron in KINDS.items():
            found = deployments[f"{zone}-{kind}"]
            assert (found["tags"], found["parameters"]) == ([kind, zone], {"zone": zone})
            assert [each["cron"] for each in found.get("schedules", [])] == ([cron] if cron else [])
            assert {each["timezone"] for each in found.get("schedules", [])} <= {"Asia/Shanghai"}
            assert found["concurrency_limit"]["limit"] == 1
            assert found["concurrency_limit"]["collision_strategy"] == "ENQUEUE"
            assert found["work_pool"]["name"] == "tongguan" and len(found["description"]) > 50


def test_a_kind_is_written_once() -> None:
    entrypoints = re.findall(r"entrypoint: (\S+)", FILE.read_text())
    assert len(entrypoints) == len(set(entrypoints))


def test_every_entrypoint_is_a_flow_that_takes_the_parameters(deployments: dict[str, dict]) -> None:
    for each in deployments.values():
        path, _, name = each["entrypoint"].partition(":")
        flow = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
        assert each.get("parameters", {}).keys() <= flow.parameters.properties.keys(), each["name"]


@pytest.mark.parametrize("year", range(2005, 2027))
def test_the_first_workday_of_a_month_is_among_the_days_on_which_the_monthly_run_starts(year: int) -> None:
    assert all(first_workday(year, month) <= date(year, month, 10) for month in range(1, 13))


@pytest.mark.parametrize(
    ("due", "whole", "month"),
    [
        ("2026-10-08T08:00", False, date(2026, 9, 1)),  # after the National Day holiday of 1 to 7 October
        (
            "2026-10-08T08:00",
            True,
            date(2026, 9, 1),
        ),  # written by hand before: late files may have come since
        ("2026-10-01T08:00", False, None),
        ("2026-10-09T08:00", True, None),
        ("2026-10-09T08:00", False, date(2026, 9, 1)),  # the run of the 8th failed, or was never
        ("2026-01-01T08:00", False, None),
        ("2025-10-09T08:00", False, date(2025, 9, 1)),  # Mid-Autumn and National Day together
    ],
)
def test_a_month_is_due_from_its_first_working_day_until_it_is_whole(
    due: str, whole: bool, month: date | None
) -> None:
    assert month_due(NOTHING_STATED, datetime.fromisoformat(f"{due}+08:00"), whole) == month


def test_a_year_without_a_stated_calendar_is_not_guessed() -> None:
    with pytest.raises(CalendarUnknown, match="2040"):
        month_due(NOTHING_STATED, datetime.fromisoformat("2040-03-01T08:00+08:00"), whole=False)
