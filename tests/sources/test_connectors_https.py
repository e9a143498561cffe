"""HTTPS against a real server: certificates, pages and lists, resumed transfers, redirects, tokens."""

import json
import logging
import os
import traceback
from pathlib import Path

import pytest
from pulls import Runs, source
from source_servers import HOST, CuttingProxy, certificate, https_server

from sources.connectors import listings
from sources.connectors.entry import SourceDown, SourceRefused, unsafe
from sources.credentials import Credentials

BIG = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls") / "pair")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    made = tmp_path / "www" / "out"
    made.mkdir(parents=True)
    return made


def runs(port: int, pair: tuple[Path, Path], tmp_path: Path, page: str = "out/", **keys: object) -> Runs:
    declared = {"ca_file": str(pair[0]), "settle_seconds": 0, "timeout_seconds": 5, **keys}
    return Runs(source(f"https://{HOST}:{port}/{page}", **declared), tmp_path)


def test_pages_of_folders_are_read_and_only_new_files_fetched(
    out: Path, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    (out / "2026-11-10").mkdir()
    (out / "2026-11-10" / "订单 1.xml").write_bytes(b"first")
    (out / "b.csv").write_bytes(BIG)
    (out.parent / "above.csv").write_bytes(b"not ours")
    with https_server(out.parent, pair) as (port, handler):
        each = runs(port, pair, tmp_path)
        assert each.run() == {"2026-11-10/订单 1.xml": b"first", "b.csv": BIG}
        handler.asked.clear()
        assert each.run() == {}
        assert not [line for line in handler.asked if line.startswith("GET") and "b.csv" in line]
        (out / "b.csv").write_bytes(b"again")
        assert each.run() == {"b.csv": b"again"}


def test_a_list_as_json_and_names_in_the_zone_file(
    out: Path, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    (out / "a.csv").write_bytes(b"a")
    (out / "b.csv").write_bytes(b"b")
    (out / "list.json").write_text(json.dumps({"files": [{"name": "a.csv", "rows": 1}]}))
    with https_server(out.parent, pair) as (port, _):
        assert runs(port, pair, tmp_path, "out/list.json").run() == {"a.csv": b"a"}
        named = runs(port, pair, tmp_path, files=["b.csv", "not-yet.csv"])
        assert named.run() == {"b.csv": b"b"}
        assert len(named.gaps()) == 1 and "not-yet.csv is not on the server" in named.gaps()[0]
        with pytest.raises(SourceRefused, match=r"has no page /nothing/ \(status 404\)"):
            runs(port, pair, tmp_path, "nothing/").attempt()


def test_a_cut_transfer_goes_on_where_it_was_cut(out: Path, pair: tuple[Path, Path], tmp_path: Path) -> None:
    (out / "b.csv").write_bytes(BIG)
    with https_server(out.parent, pair) as (port, handler):
        proxy = CuttingProxy(port, [2_000_000])
        each = runs(proxy.port, pair, tmp_path)
        with pytest.raises(SourceDown, match="cut off"):
            each.attempt()
        each.number = -1
        assert each.run() == {"b.csv": BIG}
        assert [line for line in handler.asked if "GET /out/b.csv bytes=" in line]
        assert proxy.answered < 1.5 * len(BIG)
        proxy.stop()


def test_certificate_redirect_and_token_are_held_to(
    out: Path, pair: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (out / "a.csv").write_bytes(b"a")
    with https_server(
        out.parent, pair, token="bearer-token-text", elsewhere="https://other.example/out/"
    ) as (
        port,
        handler,
    ):
        each = runs(port, pair, tmp_path)
        with pytest.raises(SourceRefused, match=r"does not let us in \(status 401\)"):
            each.attempt()
        each.credentials = Credentials(token="bearer-token-text")
        assert each.run() == {"a.csv": b"a"}
        moved = runs(port, pair, tmp_path, "moved/")
        moved.credentials = each.credentials
        with pytest.raises(SourceRefused, match=r"sends us on to https://other\.example") as refused:
            moved.attempt()
        before = len(handler.asked)
        stranger = Runs(source(f"https://{HOST}:{port}/out/", settle_seconds=0), tmp_path, each.credentials)
        with pytest.raises(SourceRefused, match="certificate that is not trusted") as untrusted:
            stranger.attempt()
        assert len(handler.asked) == before, "nothing was asked of a server that is not trusted"
    with pytest.raises(SourceDown, match="cannot be reached") as down:
        runs(1, pair, tmp_path).attempt()
    said = caplog.text + "".join(
        line for raised in (refused, untrusted, down) for line in traceback.format_exception(raised.value)
    )
    assert "bearer-token-text" not in said


def test_a_file_the_server_refuses_is_named_and_the_others_taken(
    out: Path, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        (out / name).write_bytes(name.encode())
    refused = {"/out/b.csv": 403, "/out/c.csv": 500}
    with https_server(out.parent, pair, refused=refused) as (port, handler):
        each = runs(port, pair, tmp_path)
        assert each.run() == {"a.csv": b"a.csv"}
        assert each.gaps() == [
            "source far of z: b.csv is refused by the server (status 403): ask its operator to open or remove it; "
            "left until it is ready",
            "source far of z: c.csv is refused by the server (status 500): ask its operator if it stays so; "
            "left until it is ready",
        ]
        only = runs(port, pair, tmp_path, pattern="a*")
        assert only.run() == {"a.csv": b"a.csv"} and only.gaps() == [], (
            "what is not wanted is not asked about"
        )
        handler.refused = {}
        assert each.run() == {"b.csv": b"b.csv", "c.csv": b"c.csv"}


def test_a_server_that_refuses_every_file_is_the_one_at_fault(
    out: Path, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    (out / "a.csv").write_bytes(b"a")
    with https_server(out.parent, pair, refused={"/out/a.csv": 503}) as (port, handler):
        with pytest.raises(SourceDown, match="answers with status 503"):
            runs(port, pair, tmp_path).attempt()
        handler.refused = {"/out/a.csv": 403}
        linked = runs(port, pair, tmp_path)
        assert linked.run() == {} and "a.csv is refused by the server" in linked.gaps()[0]
        with pytest.raises(SourceRefused, match=r"does not let us in \(status 403\)"):
            runs(port, pair, tmp_path, files=["a.csv"]).attempt()
        (out / "b.csv").write_bytes(b"b")
        handler.refused = {"/out/a.csv": 401}
        with pytest.raises(SourceRefused, match=r"does not let us in \(status 401\)"):
            runs(port, pair, tmp_path).attempt()


@pytest.mark.parametrize(
    ("text", "files", "folders"),
    [
        (
            '<a href="https://[broken">x</a>'
            '<a href="../">up</a><a href="?C=M">sort</a><a href="/out/a.xml">a</a><a href="b%20c.csv">b</a>'
            '<a href="https://other/out/x">x</a><a href="/etc/x">y</a><a href="d/">d</a>',
            ["https://h/out/a.xml", "https://h/out/b%20c.csv"],
            ["https://h/out/d/"],
        ),
        ('["a.xml", "b c.csv"]', ["https://h/out/a.xml", "https://h/out/b%20c.csv"], []),
        (
            '[{"name": "d", "type": "directory"}, {"name": "a", "type": "file"}]',
            ["https://h/out/a"],
            ["https://h/out/d/"],
        ),
        ('{"tongguan_manifest": {"files": [{"name": "a"}]}}', ["https://h/out/a"], []),
    ],
)
def test_pages_name_files_below_themselves_only(text: str, files: list[str], folders: list[str]) -> None:
    assert listings.names(text, "https://h/out/") == (files, folders)


@pytest.mark.parametrize("text", ["[1]", '{"a": 1}', "[unclosed", '["\\ud800"]', "[" * 100_000])
def test_json_that_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(listings.ListingError):
        listings.names(text, "https://h/out/")


def test_a_name_that_is_not_utf8_keeps_its_address() -> None:
    url = "https://h/out/%D6%A7%B8%B6.csv"
    name = listings.relative(url, "https://h/out/")
    assert unsafe(name)
    assert listings.address(name, "https://h/out/") == url
