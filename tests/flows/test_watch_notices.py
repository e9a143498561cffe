"""From a day that brought nothing to the mail on somebody's screen, with real servers throughout (uv run pytest -m long)."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from receivers import mail, web
from test_with_server import server  # noqa: F401  (a fixture)

from sources.simulator import simulate
from sources.zone import Zone

pytestmark = pytest.mark.long
ZONE, DAY = "zhengzhou", date(2025, 3, 5)
NOTHING = f"{DAY}: the run "


def until(holds: Callable[[], bool], seconds: int = 60) -> bool:
    """Whether something came to hold in time."""
    for _ in range(seconds * 2):
        if holds():
            return True
        time.sleep(0.5)
    return False


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "inbox"
    folder.mkdir()
    yield folder


def test_a_day_that_brought_nothing_is_told_once_and_told_again_when_mended(
    server: str,  # noqa: F811  (the fixture)
    tmp_path: Path,
    inbox: Path,
) -> None:
    with web() as (url, posted), mail() as (smtp, box):
        environment = {
            **os.environ,
            "PREFECT_API_URL": server,
            "TONGGUAN_HOME": str(tmp_path / "home"),
            "TONGGUAN_NOTIFY_WEBHOOK": url,
            "TONGGUAN_NOTIFY_SMTP": smtp,
            "TONGGUAN_NOTIFY_FROM": "tongguan@example.org",
            "TONGGUAN_NOTIFY_TO": "ops@example.org",
        }

        def tongguan(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "flows.cli", *arguments]
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

        def run() -> None:
            done = tongguan("run", "--zone", ZONE, "--date", str(DAY), "--inbox", str(inbox))
            assert done.returncode in (0, 1), done.stderr

        for _ in range(2):  # a second time replaces what is there
            installed = tongguan("notifications", "install")
            assert installed.returncode == 0, installed.stderr
            assert "tongguan: something is wrong" in installed.stdout

        run()
        assert until(lambda: len(posted) >= 2 and len(box.mails) >= 2), (posted, box.mails)
        subjects = sorted(each["subject"] for each in posted)
        assert subjects == [
            f"[通关 Tongguan] {ZONE} {DAY}: missing_delivery",
            f"[通关 Tongguan] {ZONE} {DAY}: nothing_happened",
        ]
        (nothing,) = (each["body"] for each in posted if "nothing_happened" in each["subject"])
        assert nothing.startswith(NOTHING) and "not one document of the day" in nothing
        assert sorted(str(each["Subject"]) for each in box.mails) == subjects
        assert any(NOTHING in each.get_content() for each in box.mails)

        run()  # the same state again: nobody is told twice
        simulate(inbox, Zone.load(ZONE), DAY, DAY, 40, 1, "jsonl", {})
        run()
        told = f"[通关 Tongguan] {ZONE} {DAY}: 已解除 resolved: nothing_happened"
        assert until(lambda: told in [each["subject"] for each in posted])
        assert until(lambda: told in [str(each["Subject"]) for each in box.mails])
        time.sleep(3)  # whatever else was under way
        assert len([each for each in posted if "resolved" not in each["subject"]]) == 2, posted
        assert tongguan("status", "--due", str(DAY)).returncode == 1, "nobody can have signed on a first day"
