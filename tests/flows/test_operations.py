"""The unit, the compose file and the Dockerfile hold together with the command line and with each other."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from flows.cli import app

PAGES = Path(__file__).parents[2] / "docs" / "operations"
UNIT = PAGES / "systemd" / "tongguan.service"


def accepted(words: list[str]) -> bool:
    """Whether the command line takes these words: the command and its options, parsed and not run."""
    command = get_command(app)
    with command.make_context("tongguan", list(words), resilient_parsing=True) as context:
        name, sub, rest = command.resolve_command(context, list(words))
        assert name == "serve" and sub is not None
        with sub.make_context(name, rest, parent=context) as parsed:
            return not parsed.args


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    # The program is not installed on this machine; everything else is verified as it is.
    unit = tmp_path / UNIT.name
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text()))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_unit_and_container_call_serve_as_it_is() -> None:
    (start,) = re.findall(r"^ExecStart=\S+ (.*)$", UNIT.read_text(), re.MULTILINE)
    assert accepted(shlex.split(start))
    service = yaml.safe_load((PAGES / "compose.yaml").read_text())["services"]["tongguan"]
    assert accepted(service["command"])
    image = (PAGES / "Dockerfile").read_text()
    assert yaml.safe_load(re.findall(r"^CMD (.*)$", image, re.MULTILINE)[0]) == service["command"]
    assert service["build"]["dockerfile"] == "docs/operations/Dockerfile"
    assert (PAGES / service["build"]["context"]).resolve() == PAGES.parents[1]


def test_stopping_takes_longer_than_the_grace_of_days() -> None:
    text = UNIT.read_text()
    (grace,) = re.findall(r"--grace (\d+)", text)
    (stop,) = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
    compose = yaml.safe_load((PAGES / "compose.yaml").read_text())["services"]["tongguan"]
    # The runs, then 15 s each for worker, server and what is left.
    assert int(stop) == int(compose["stop_grace_period"].removesuffix("s")) > int(grace) + 45


@pytest.mark.parametrize("name", ["tongguan", "prefect"])
def test_a_command_runs_with_the_account_and_the_settings_of_the_service(name: str, tmp_path: Path) -> None:
    example = (UNIT.parent / "tongguan.env.example").read_text()
    settings = tmp_path / "tongguan.env"
    settings.write_text(
        example.replace("TONGGUAN_PII_KEY=", "TONGGUAN_PII_KEY=a$HOME `x` #") + "LAST=no line end"
    )
    (tmp_path / name).symlink_to(UNIT.parent / "tongguan")
    stub = tmp_path / "setpriv"
    stub.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" "$TONGGUAN_PII_KEY" "$TONGGUAN_HOME" "$HOME" "$LAST"; umask\n'
    )
    stub.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "TONGGUAN_SETTINGS": str(settings)}
    done = subprocess.run(
        [str(tmp_path / name), "status", "--zone", "a b"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    (home,) = re.findall(r"ExecStart=.* --home (\S+)", UNIT.read_text())
    assert done.stdout.splitlines() == [
        "--reuid=tongguan",
        "--regid=tongguan",
        "--init-groups",
        re.findall(r"ExecStart=(\S+)/tongguan ", UNIT.read_text())[0] + f"/{name}",
        "status",
        "--zone",
        "a b",
        "a$HOME `x` #",
        home,
        home,
        "no line end",
        "0027",
    ]


def test_the_settings_of_a_page_can_be_pasted_into_the_service() -> None:
    (block,) = re.findall(r"```\n(TONGGUAN_CATALOG=.*?)```", (PAGES / "shared.md").read_text(), re.DOTALL)
    for line in [*block.splitlines(), *(UNIT.parent / "tongguan.env.example").read_text().splitlines()]:
        assert not line or line.startswith("#") or re.fullmatch(r"[A-Z_0-9]+=\S*", line), line
