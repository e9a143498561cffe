"""`tongguan sources check`: what lies at each source, and why one cannot be pulled, without taking anything."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.commands.sources import app
from sources.zone import zones_folder
from warehouse import Home


def test_each_source_says_what_is_ready_and_why_one_cannot_be_pulled(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, zones = tmp_path / "in", tmp_path / "zones"
    inbox.mkdir()
    zones.mkdir()
    for name in ("a.csv", "b.csv", "b.csv.done"):
        (inbox / name).write_text(name)
    shutil.copy(zones_folder() / "xinxiang.toml", zones)
    with (zones / "xinxiang.toml").open("a") as file:
        file.write(f"""
            [sources.folder]
            url = "{inbox}"
            ready = "done"
            [sources.far]
            url = "sftp://u@127.0.0.1:1/out"
            credentials = "far"
        """)
    monkeypatch.setenv("TONGGUAN_ZONES", str(zones))
    result = CliRunner().invoke(app, ["check", "--zone", "xinxiang", "--home", str(home.path), "--json"])
    assert result.exit_code == 1
    folder, far = json.loads(result.stdout)
    assert (folder["ready"], folder["ready_bytes"], folder["seen"]) == (["b.csv"], 5, 0)
    assert folder["waiting"] == {"a.csv": "has no a.csv.done beside it"} and folder["problem"] is None
    assert far["problem"].startswith(
        "there are no credentials in the environment: set TONGGUAN_SOURCE_FAR_PASSWORD"
    )
    assert not list(home.landing.iterdir()), "nothing was taken"
