"""A machine that vanishes without a word (power, network) while it writes: its lock is free within 60 s.

The machine is a network namespace of Linux with a cable of its own, which is cut: no packet says goodbye.
Needs root. Run with `uv run pytest -m long -n 0 -s tests/shared/test_vanished_machine.py`.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import servers
from warehouse import Home, Lake

pytestmark = pytest.mark.long

OURS, THEIRS = "10.211.7.1", "10.211.7.2"
NAMESPACE, CABLE = f"tongguan{os.getpid()}", f"tg{os.getpid()}"


@pytest.fixture
def cable() -> Iterator[str]:
    """A namespace that reaches this machine by one cable; yields the cable's end here."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and iproute2 to make a network namespace")
    made = subprocess.run(["ip", "netns", "add", NAMESPACE], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")
    try:
        for command in (
            f"ip link add {CABLE} type veth peer name {CABLE}p netns {NAMESPACE}",
            f"ip addr add {OURS}/24 dev {CABLE}",
            f"ip link set {CABLE} up",
            f"ip netns exec {NAMESPACE} ip addr add {THEIRS}/24 dev {CABLE}p",
            f"ip netns exec {NAMESPACE} ip link set {CABLE}p up",
        ):
            servers.run(*command.split())
        yield CABLE
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], check=True)


def test_the_lock_of_a_machine_that_vanished_is_free_within_a_minute(
    cable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := servers.missing():
        pytest.skip(reason)
    with servers.postgres(tmp_path / "postgres", address=f"127.0.0.1,{OURS}") as port:
        settings = servers.environment(port, "http://127.0.0.1:1") | {"TONGGUAN_DATA": str(tmp_path / "data")}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        with Lake.write(Home(tmp_path / "here")):
            pass
        script = (
            "import sys, time\nfrom warehouse import Home, Lake\n"
            "with Lake.write(Home(sys.argv[1]), zone='zhengzhou') as lake, lake.transaction('t', 'half', '1') as con:\n"
            "    con.execute(\"INSERT INTO wh.ledger.touched_dates (zone) VALUES ('zhengzhou')\")\n"
            "    print('ready', flush=True)\n"
            "    time.sleep(600)\n"
        )
        there = subprocess.Popen(
            ["ip", "netns", "exec", NAMESPACE, sys.executable, "-c", script, str(tmp_path / "there")],
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                **settings,
                "TONGGUAN_CATALOG": f"postgres://tongguan@{OURS}:{port}/tongguan",
            },
        )
        try:
            assert there.stdout is not None
            assert there.stdout.readline() == "ready\n"
            servers.run("ip", "link", "set", cable, "down")
            cut = time.monotonic()
            with Lake.write(Home(tmp_path / "here"), zone="zhengzhou") as lake:
                waited = time.monotonic() - cut
                assert lake.con.execute("SELECT count(*) FROM wh.ledger.touched_dates").fetchone() == (0,)
        finally:
            there.kill()
            there.wait()
    print(f"free {waited:.1f} s after the cable was cut")
    assert 5 < waited < 60
