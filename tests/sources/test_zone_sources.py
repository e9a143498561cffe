"""Sources of a zone file: what they give, and that no credential may stand in one."""

import tomllib
from pathlib import Path

import pytest

from sources.toml_table import TomlTable, ZoneError
from sources.zone_sources import Source, home_inbox, inbox, read_sources


def read(text: str) -> tuple[Source, ...]:
    return read_sources(TomlTable(tomllib.loads(text), Path("/zones/z.toml"), "sources"))


def test_each_kind_of_source_is_read_with_its_defaults() -> None:
    sftp, s3, https, local = read("""
        [customs-sftp]
        url = "sftp://ton%40guan@host.example:2222/out/xml"
        pattern = ["CEB*.xml", "*.zip"]
        ready = "done"
        credentials = "block:secret/customs"
        known_hosts = "known_hosts"
        [platform]
        url = "s3://a.bucket/zone/day/"
        endpoint = "https://s3.example:9000"
        ready = "manifest"
        retries = 0
        [carrier]
        url = "https://carrier.example/out/"
        files = ["waybills.csv", "deep/status.csv"]
        ca_file = "/etc/ssl/carrier.pem"
        [folder]
        url = "file:///data/in"
        settle_seconds = 0
    """)
    assert (sftp.host, sftp.port, sftp.user, sftp.root) == ("host.example", 2222, "ton@guan", "/out/xml")
    assert (sftp.ready, sftp.retries, sftp.known_hosts) == ("done", 3, Path("/zones/known_hosts"))
    assert sftp.takes("a/CEB311.xml") and sftp.takes("b.zip") and not sftp.takes("CEB311.csv")
    assert (s3.host, s3.root, s3.endpoint, s3.retries) == (
        "a.bucket",
        "zone/day",
        "https://s3.example:9000",
        0,
    )
    assert (https.root, https.files, https.ca_file) == (
        "/out/",
        ("waybills.csv", "deep/status.csv"),
        Path("/etc/ssl/carrier.pem"),
    )
    assert (local.scheme, local.root, local.remote, local.label) == ("file", "/data/in", False, "folder")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ('url = "sftp://u:hunter2@h/out"', "x.url holds a credential"),
        ('url = "https://hunter2@h/out/"', "x.url holds a credential"),
        ('url = "https://h/out/?sig=hunter2"', "x.url must not have a query"),
        ('url = "s3://b"\nendpoint = "https://u:hunter2@h"', "x.endpoint holds a credential"),
        ('url = "sftp://u@h/out"\npassword = "hunter2"', "x.password is a credential"),
        ('url = "s3://b"\naws_secret_access_key = "hunter2"', "x.aws_secret_access_key is a credential"),
        ('url = "s3://b"\ncredentials = "Hunter2!"', "x.credentials is neither a name"),
        ('url = "ftp://h/out"', "x.url is 'ftp://h/out'; it can be"),
        ('url = "http://h/out/"', "x.url is 'http://h/out/'; it can be"),
        ('url = "out"', "x.url is 'out'; it can be"),
        ('url = "sftp://h/out"', "write whom to log in as"),
        ('url = "sftp://u@h/a/../b"', "write the folder without .."),
        ('url = "https://h/out/"\nfiles = ["../etc/passwd"]', "x.files holds '../etc/passwd'"),
        ('url = "https://h/list.json"\nfiles = ["a"]', "x.url must end with /"),
        ('url = "/in"\nready = "soon"', "x.ready is 'soon'"),
        ('url = "/in"\nsettle_seconds = 601', "x.settle_seconds must be at most 600"),
        ('url = "/in"\nknown_hosts = "k"', "x.known_hosts is not a known key"),
        ('url = "/in"\nretrys = 3', "x.retrys is not a known key"),
    ],
)
def test_complaints_name_file_and_key_and_no_credential(lines: str, complaint: str) -> None:
    with pytest.raises(ZoneError) as raised:
        read(f"[x]\n{lines}")
    assert str(raised.value).startswith("/zones/z.toml: sources.x")
    assert complaint in str(raised.value)
    assert "hunter2" not in str(raised.value).lower()


def test_a_name_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(ZoneError, match=r"sources.Customs_1 is no name of a source"):
        read('[Customs_1]\nurl = "/in"')


def test_the_inbox_of_the_home_waits_as_a_declared_folder_does() -> None:
    own, folder = home_inbox(Path("/home/inbox/z")), read('[x]\nurl = "/in"')[0]
    assert (own.label, own.declared, own.as_it_lies) == ("/home/inbox/z", False, False)
    for name in ("scheme", "pattern", "ready", "settle_seconds", "retries", "by_times", "remote"):
        assert getattr(own, name) == getattr(folder, name), name
    assert inbox("/home/inbox/z").as_it_lies and not inbox("s3://bucket/prefix").as_it_lies


def test_an_inbox_by_hand_is_a_source_too() -> None:
    assert inbox("in/2026-11-10").root == "in/2026-11-10"
    assert inbox("file:///data/in").root == "/data/in"
    remote = inbox("s3://bucket/prefix")
    assert (remote.label, remote.host, remote.declared) == ("s3://bucket/prefix", "bucket", False)
    with pytest.raises(ZoneError, match="--inbox holds a credential") as raised:
        inbox("sftp://u:hunter2@h/out")
    assert "hunter2" not in str(raised.value)
