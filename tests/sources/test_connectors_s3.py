"""S3 against a real server: versions by ETag, pages of listings, cut connections, credentials."""

import logging
import os
import traceback
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pulls import Runs, source
from source_servers import HOST, CuttingProxy

from sources.connectors import connected
from sources.connectors.entry import EntryProblem, SourceDown, SourceRefused
from sources.connectors.transfer import fetch
from sources.credentials import Credentials

GIVEN = Credentials(key="AKIATONGGUAN", secret="secret-access-key-text")
BIG = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def server():
    started = ThreadedMotoServer(ip_address=HOST, port=0)
    started.start()
    started.port = started.get_host_and_port()[1]
    yield started
    started.stop()


@pytest.fixture
def bucket(server, request: pytest.FixtureRequest):
    s3 = boto3.resource(
        "s3",
        endpoint_url=f"http://{HOST}:{server.port}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    return s3.create_bucket(Bucket=request.node.name.replace("_", "-")[5:40])


def runs(bucket, tmp_path: Path, port: int, **keys: object) -> Runs:
    declared = {"endpoint": f"http://{HOST}:{port}", "timeout_seconds": 5, **keys}
    return Runs(source(f"s3://{bucket.name}/out", **declared), tmp_path, GIVEN)


def test_only_what_is_new_or_changed_is_fetched(server, bucket, tmp_path: Path) -> None:
    for key, body in (
        ("out/deep/a.xml", b"first"),
        ("out/b.csv", BIG),
        ("out/empty.csv", b""),
        ("out/folder/", b""),
        ("out/../way/out.xml", b"steps out"),
        ("elsewhere.xml", b"not ours"),
    ):
        bucket.put_object(Key=key, Body=body)
    each = runs(bucket, tmp_path, server.port)
    assert each.run() == {"deep/a.xml": b"first", "b.csv": BIG, "empty.csv": b""}
    assert each.slept == [], "an object is never half-uploaded"
    assert len(each.gaps()) == 1 and "'../way/out.xml' is not taken" in each.gaps()[0]
    assert each.run() == {}
    bucket.put_object(Key="out/deep/a.xml", Body=b"again")
    assert each.run() == {"deep/a.xml": b"again"}, "the name stays, the ETag is another"


def test_a_cut_transfer_goes_on_where_it_was_cut(server, bucket, tmp_path: Path) -> None:
    bucket.put_object(Key="out/b.csv", Body=BIG)
    proxy = CuttingProxy(server.port, [None, 2_000_000])  # the list, then the object
    each = runs(bucket, tmp_path, proxy.port)
    with pytest.raises(SourceDown, match="cut off"):
        each.attempt()
    each.number = -1
    assert each.run() == {"b.csv": BIG}
    assert proxy.answered < 1.5 * len(BIG), "the second attempt fetched only what was missing"
    proxy.stop()


def test_an_object_replaced_while_it_is_read_is_left_to_the_next_run(server, bucket, tmp_path: Path) -> None:
    bucket.put_object(Key="out/b.csv", Body=b"first")
    each = runs(bucket, tmp_path, server.port)
    with connected(each.source, GIVEN) as connector:
        (listed,) = connector.entries()
        bucket.put_object(Key="out/b.csv", Body=b"other")
        with pytest.raises(EntryProblem, match="replaced meanwhile"):
            fetch(connector, listed, tmp_path / "into")
    assert each.run() == {"b.csv": b"other"}


def test_failures_are_told_apart_and_hold_no_secret(
    server, bucket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bucket.put_object(Key="out/a.csv", Body=b"x")
    each = runs(bucket, tmp_path, server.port)
    assert each.run() == {"a.csv": b"x"}
    nowhere = SimpleNamespace(name="no-such-bucket")
    with pytest.raises(SourceRefused, match="bucket no-such-bucket, does not exist") as missing:
        runs(nowhere, tmp_path, server.port).attempt()
    with pytest.raises(SourceDown, match="cannot be reached") as down:
        runs(bucket, tmp_path, 1).attempt()
    each.credentials = Credentials(key="AKIATONGGUAN")
    with pytest.raises(SourceRefused, match="needs both a key and a secret"):
        each.attempt()
    said = caplog.text + "".join(
        line for raised in (missing, down) for line in traceback.format_exception(raised.value)
    )
    assert "secret-access-key-text" not in said and "AKIATONGGUAN" not in said
