"""The status page: what it shows, when it is not green, and that zones may write it at the same time."""

from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reports import status_page
from reports.status_page import NAME, SECTIONS

AT = datetime(2026, 11, 21, 9, 20)
WATCH: dict[str, Any] = {
    "red": False, "due": date(2026, 11, 20), "next_due": date(2026, 11, 21),
    "next_due_at": datetime(2026, 11, 22, 9), "alerts": [], "freshness": [], "missing": [], "volume": None,
    "last_run": None, "running": [],
}  # fmt: skip


def record(zone: str = "zhengzhou", **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        name: [] for name in ("coverage", "gaps", "quarantine", "files", "corrections", "runs", "published")
    }
    return {"zone": zone, **empty, "watch": WATCH, **more}


def page(reports: Path) -> str:
    return (reports / NAME).read_text(encoding="utf-8")


def test_the_page_shows_what_the_command_shows(tmp_path: Path) -> None:
    at = datetime(2026, 11, 21, 6, 31)
    known = record(
        gaps=["2026-11-19: no documents of CEB411 <b>"],
        published=[
            {"business_date": date(2026, 11, day), "vintage": day, "published_at": at, "provisional": day == 20}
            for day in range(1, 21)
        ],
        runs=[{"started_at": at, "business_date": date(2026, 11, 20), "outcome": "gap", "changed": True, "problems": ["a"]}],
        files=[{"status": "loaded", "files": 12, "rows_read": 12345, "rows_quarantined": None}],
        quarantine=[{"kind": "CEB621", "rule": "R07", "rows": 3}],
        corrections=[
            {"correction_id": "c1", "status": "active", "action": "drop", "kind": "CEB621", "documents": 2, "reason": "twice"}
        ],
    )  # fmt: skip
    status_page.keep([known], AT, tmp_path, ["zhengzhou"])
    shown = page(tmp_path)
    for text in (
        "CEB411 &lt;b&gt;",
        "12,345",
        "R07",
        "c1",
        "twice",
        "初步 provisional",
        "no kind is expected",
        "all well",
    ):
        assert text.casefold() in shown.casefold(), text
    assert "2026-11-07" in shown and "2026-11-06" not in shown, "the newest fourteen dates"


@pytest.mark.parametrize(("hours", "green"), [(26, True), (27, False)])
def test_a_zone_nobody_looked_at_is_not_green(tmp_path: Path, hours: int, green: bool) -> None:
    both = ["xinxiang", "zhengzhou"]
    status_page.keep([record("xinxiang")], AT, tmp_path, both)
    status_page.keep([record()], AT + timedelta(hours=hours), tmp_path, both)
    assert ("all well</title>" in page(tmp_path)) == green
    assert ("nobody has looked at this zone" in page(tmp_path)) != green


def test_a_zone_without_a_zone_file_leaves_the_page(tmp_path: Path) -> None:
    red = {**WATCH, "red": True}
    status_page.keep([record("elsewhere", watch=red)], AT, tmp_path, ["elsewhere", "zhengzhou"])
    assert "RED</title>" in page(tmp_path)
    status_page.keep([record()], AT, tmp_path, ["zhengzhou"])
    assert "all well</title>" in page(tmp_path) and "elsewhere" not in page(tmp_path)


def test_a_section_of_an_earlier_version_counts_as_old(tmp_path: Path) -> None:
    (tmp_path / SECTIONS).mkdir()
    (tmp_path / SECTIONS / "xinxiang.html").write_text("<h2>xinxiang</h2>", encoding="utf-8")
    status_page.keep([record()], AT, tmp_path, ["xinxiang", "zhengzhou"])
    assert "not looked at</title>" in page(tmp_path)


def write_often(reports: Path, zone: str) -> None:
    for _ in range(40):
        status_page.keep([record(zone)], AT, reports, ["a", "b"])


def test_zones_may_write_at_the_same_time(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        for each in [pool.submit(write_often, tmp_path, zone) for zone in ("a", "b")]:
            each.result()
    shown = page(tmp_path)
    assert shown.count("<h2>") == 2
    assert {each.name for each in tmp_path.iterdir()} <= {NAME, SECTIONS, ".status.lock"}
