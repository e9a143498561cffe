"""A whole day from SFTP and S3 with other sources failing, against the same day from a folder."""

import logging
import shutil
from datetime import date
from pathlib import Path

import boto3
import polars as pl
import pytest
from day_runs import KEYS, published, snapshot
from moto.server import ThreadedMotoServer
from source_servers import HOST, PASSWORD, USER, CuttingProxy, SftpServer

from flows.day import DayReport
from sources.simulator import simulate
from sources.zone import Zone, zones_folder
from warehouse import Home, query

ZONE, DAY, LISTS = "zhengzhou", date(2025, 3, 5), 60
S3 = ("AKIATONGGUANDAY", "secret-of-the-day-text")
WRONG = "the-wrong-password-text"


def run(home: Path, inbox: Path | None = None) -> DayReport:
    from flows.commands.run import run_day

    return run_day(ZONE, DAY, str(inbox) if inbox else None, home, quiet=True, catch_up=False)


def rows(home: Path, question: str) -> list[dict]:
    return query.run(Home(home), question).to_pylist()


@pytest.mark.long
def test_a_day_from_far_equals_the_day_from_a_folder_plus_its_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("TONGGUAN_PII_KEY", "a key that only this test knows, 32 bytes")
    monkeypatch.setenv("TONGGUAN_SOURCE_SFTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("TONGGUAN_SOURCE_LOCKED_PASSWORD", WRONG)
    simulate(tmp_path / "extracts", Zone.load(ZONE), DAY, DAY, LISTS, 5, "parquet", {})
    extracts = sorted((tmp_path / "extracts" / DAY.isoformat()).iterdir())

    customs = [each for each in extracts if each.name < "CEB5"]
    platform = extracts[len(customs) :]
    out = tmp_path / "sftp" / "out"
    out.mkdir(parents=True)
    for path in customs:
        shutil.copy(path, out)
    sftp, s3 = SftpServer(tmp_path / "sftp"), ThreadedMotoServer(ip_address=HOST, port=0)
    s3.start()
    endpoint = f"http://{HOST}:{s3.get_host_and_port()[1]}"
    bucket = boto3.resource(
        "s3", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    ).create_bucket(Bucket="day")
    for path in platform:
        bucket.upload_file(str(path), f"in/{path.name}")
    cutting = CuttingProxy(sftp.port, [sum(each.stat().st_size for each in customs) // 2])
    sftp.known_hosts(tmp_path / "straight", sftp.port)
    sftp.known_hosts(tmp_path / "cut", cutting.port)

    zones = tmp_path / "zones"
    shutil.copytree(zones_folder(), zones)
    with (zones / f"{ZONE}.toml").open("a") as file:
        file.write(f"""
            [sources.customs]
            url = "sftp://{USER}@{HOST}:{cutting.port}/out"
            known_hosts = "{tmp_path}/cut"
            credentials = "sftp"
            settle_seconds = 1
            [sources.platform]
            url = "s3://day/in"
            endpoint = "{endpoint}"
            credentials = "block:secret/platform"
            [sources.down]
            url = "sftp://{USER}@{HOST}:1/out"
            known_hosts = "{tmp_path}/straight"
            credentials = "sftp"
            retries = 1
            [sources.locked]
            url = "sftp://{USER}@{HOST}:{sftp.port}/out"
            known_hosts = "{tmp_path}/straight"
            credentials = "locked"
        """)

    near = run(tmp_path / "near", extracts[0].parent)
    from prefect.blocks.system import Secret

    Secret(value=dict(zip(("key", "secret"), S3, strict=True))).save("platform")
    logging.getLogger().addHandler(caplog.handler)  # Prefect set up logging anew
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TONGGUAN_ZONES", str(zones))
    home = tmp_path / "home"
    far = run(home)
    down, locked = far.gaps[:2]
    assert down.startswith(
        f"source down of {ZONE} is out of reach after 2 attempts: {HOST}:1 cannot be reached"
    )
    assert locked.startswith(f"source locked of {ZONE} cannot be used: {HOST}:{sftp.port} does not accept")
    assert far.gaps[2:] == near.gaps and far.exit_code == 1
    assert far.committed.rows_accepted == near.committed.rows_accepted > 0
    for table in KEYS:
        ours, theirs = published(home, table), published(tmp_path / "near", table)
        for figures in (*ours.values(), *theirs.values()):
            for name in ("published_at", "run_id"):
                figures.pop(name)
        assert ours == theirs, table
    came = rows(home, "SELECT source, count(*) AS files FROM ledger.files GROUP BY ALL ORDER BY ALL")
    assert came == [
        {"source": "customs", "files": len(customs)},
        {"source": "platform", "files": len(platform)},
    ]

    before = snapshot(home)
    again = run(home)
    assert (again.files_new, snapshot(home)) == (0, before), "a run that changes nothing commits nothing"
    assert again.gaps == far.gaps and again.warnings == far.warnings, "and is not greener"

    shorter = next(each for each in out.iterdir() if each.name.startswith("CEB311"))
    pl.read_parquet(shorter).head(-1).write_parquet(shorter)
    third = run(home)
    assert third.files_new == 1
    (gone,) = rows(
        home,
        "SELECT file_name, hash_before <> hash_after AS other FROM ledger.vanished WHERE kind = 'CEB311'",
    )
    assert gone == {"file_name": shorter.name, "other": True}, (
        "another version of the same file, held against it"
    )

    stored = b"".join(
        each.read_bytes() for each in tmp_path.rglob("*") if each.is_file() and each.parent != zones
    )
    for secret in (*S3, PASSWORD, WRONG):
        assert caplog.text and secret not in caplog.text and secret.encode() not in stored
    cutting.stop()
    sftp.stop()
    s3.stop()
