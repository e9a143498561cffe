"""SFTP against a real server: host keys, credentials, cut connections, new versions of files."""

import logging
import os
import traceback
from pathlib import Path

import asyncssh
import pytest
from pulls import Runs, source
from source_servers import HOST, PASSWORD, USER, CuttingProxy, SftpServer

from sources.connectors.entry import SourceDown, SourceRefused
from sources.credentials import Credentials
from sources.pulling import Pull

GIVEN = Credentials(password=PASSWORD)
BIG = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("sftp")
    key = asyncssh.generate_private_key("ssh-ed25519")
    pem = key.export_private_key("pkcs8-pem", passphrase="of the key")
    (root.parent / "client.key").write_bytes(pem)
    key.write_public_key(str(root.parent / "authorized"))
    started = SftpServer(root, root.parent / "authorized")
    started.root = root
    yield started
    started.stop()


@pytest.fixture
def folder(server: SftpServer, request: pytest.FixtureRequest) -> Path:
    made = server.root / request.node.name[:40]
    made.mkdir()
    return made


def runs(server: SftpServer, folder: Path, tmp_path: Path, port: int | None = None, **keys: object) -> Runs:
    known = server.known_hosts(tmp_path / "known_hosts", port)
    declared = {"known_hosts": str(known), "settle_seconds": 0, "timeout_seconds": 5, **keys}
    url = f"sftp://{USER}@{HOST}:{port or server.port}/{folder.name}"
    return Runs(source(url, **declared), tmp_path, GIVEN)


def test_only_what_is_new_or_changed_is_fetched(server: SftpServer, folder: Path, tmp_path: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "a.xml").write_bytes(b"first")
    (folder / "b.csv").write_bytes(BIG)
    (folder / "half.part").write_bytes(b"not yet")
    (folder / "way\\out.xml").write_bytes(b"steps out")
    (folder / "link.csv").symlink_to("b.csv")
    each = runs(server, folder, tmp_path)
    assert each.run() == {"b.csv": BIG, "deep/a.xml": b"first", "link.csv": BIG}
    assert len(each.gaps()) == 1 and "way\\\\out.xml' is not taken" in each.gaps()[0]
    assert each.run() == {}
    (folder / "deep" / "a.xml").write_bytes(b"again")
    os.utime(folder / "deep" / "a.xml", (1_700_000_000, 1_700_000_000))
    assert each.run() == {"deep/a.xml": b"again"}, "same size, other time: a new version under the same name"


def test_an_odd_answer_of_the_server_costs_one_file_at_most(
    server: SftpServer, folder: Path, tmp_path: Path
) -> None:
    (folder / "a.csv").write_bytes(b"good")
    (folder / "bare.csv").write_bytes(b"shown without permissions")
    (folder / os.fsdecode("支付.csv".encode("gbk"))).write_bytes(b"named in GBK")
    server.bare.add("bare.csv")
    each = runs(server, folder, tmp_path)
    assert each.run() == {"a.csv": b"good", "bare.csv": b"shown without permissions"}
    assert len(each.gaps()) == 1 and "is not taken: the name" in each.gaps()[0]


def test_a_cut_transfer_goes_on_where_it_was_cut(server: SftpServer, folder: Path, tmp_path: Path) -> None:
    (folder / "a.csv").write_bytes(b"small")
    (folder / "b.csv").write_bytes(BIG)
    proxy = CuttingProxy(server.port, [2_000_000])
    each = runs(server, folder, tmp_path, proxy.port)
    with pytest.raises(SourceDown, match="was cut off"):
        each.attempt()
    assert [file.name for file in Pull.load(tmp_path / "record.json").files] == ["a.csv"], (
        "kept, come what may"
    )
    assert each.number == 0 and list((tmp_path / "run 0").glob("*.part"))
    each.number = -1
    assert each.run() == {"a.csv": b"small", "b.csv": BIG}
    assert proxy.answered < 1.5 * len(BIG), "the second attempt fetched only what was missing"
    proxy.stop()


def test_another_host_key_is_refused_before_anything_is_sent(
    server: SftpServer, folder: Path, tmp_path: Path
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    each, before = runs(server, folder, tmp_path), len(server.logins)
    server.known_hosts(tmp_path / "known_hosts", key=other)
    with pytest.raises(SourceRefused) as raised:
        each.attempt()
    assert server.key.get_fingerprint() in str(raised.value) and other.get_fingerprint() in str(raised.value)
    (tmp_path / "known_hosts").write_text("")
    with pytest.raises(SourceRefused, match=r"is not in .*ssh-keyscan"):
        each.attempt()
    (tmp_path / "known_hosts").unlink()
    with pytest.raises(SourceRefused, match=r"there is no file .* to know its host key by"):
        each.attempt()
    assert len(server.logins) == before, "nobody logged in"


def test_wrong_credentials_folder_and_address_are_told_apart(
    server: SftpServer, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    each = runs(server, folder, tmp_path)
    each.credentials = Credentials(password="not-the-password")
    with pytest.raises(SourceRefused, match="does not accept the credentials of tongguan") as wrong:
        each.attempt()
    each.credentials = Credentials(key="-----BEGIN OPENSSH PRIVATE KEY-----\nsecret-key-text")
    with pytest.raises(SourceRefused, match="private key cannot be read") as unreadable:
        each.attempt()
    missing = runs(server, Path("nothing-here"), tmp_path)
    with pytest.raises(SourceRefused, match="there is no folder /nothing-here"):
        missing.attempt()
    with pytest.raises(SourceDown, match="cannot be reached"):
        runs(server, folder, tmp_path, port=1).attempt()
    said = caplog.text + repr(each.credentials)
    said += "".join(traceback.format_exception(wrong.value)) + "".join(
        traceback.format_exception(unreadable.value)
    )
    for secret in ("not-the-password", "secret-key-text", PASSWORD):
        assert secret not in said


@pytest.mark.parametrize(
    "error", [asyncssh.SFTPPermissionDenied("Permission denied"), asyncssh.SFTPFailure("Failure")]
)
def test_a_closed_folder_is_named_and_the_rest_taken(
    server: SftpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: asyncssh.SFTPError
) -> None:
    folder = server.root / f"closed-{error.code}"
    for name in ("a.csv", "secret/b.csv", ".own/c.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    each = runs(server, folder, tmp_path)
    monkeypatch.setattr(server, "closed", {"secret": error, ".own": error})
    assert each.run() == {"a.csv": b"x"}
    (gap,) = each.gaps()
    assert gap.startswith(
        f"source far of z: secret cannot be looked into ({error.reason}): have {USER} given"
    )
    monkeypatch.setattr(server, "closed", {})
    assert each.run() == {"secret/b.csv": b"x"}


def test_a_root_whose_right_was_revoked_is_refused(
    server: SftpServer, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = runs(server, folder, tmp_path)
    denied = asyncssh.SFTPPermissionDenied(f"no right, whatever the password {PASSWORD}")
    monkeypatch.setattr(server, "closed", {folder.name: denied})
    with pytest.raises(SourceRefused, match=f"does not let {USER} list the folder /{folder.name}") as refused:
        each.attempt()
    assert PASSWORD not in str(refused.value)
    monkeypatch.setattr(server, "closed", {folder.name: asyncssh.SFTPFailure("Failure")})
    with pytest.raises(SourceDown):
        each.attempt()


def test_a_key_with_a_passphrase_lets_in(server: SftpServer, folder: Path, tmp_path: Path) -> None:
    (folder / "a.csv").write_bytes(b"x")
    each = runs(server, folder, tmp_path)
    each.credentials = Credentials(key=str(server.root.parent / "client.key"), passphrase="of the key")
    assert each.run() == {"a.csv": b"x"}
