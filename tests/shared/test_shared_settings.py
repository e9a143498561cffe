"""What the environment may say, what it may not, and that no secret is ever repeated. No server runs here."""

import builtins
import traceback
from pathlib import Path

import pytest

from warehouse import Home, Lake, catalogs, pii_key, storage
from warehouse.catalogs import SqliteCatalog
from warehouse.errors import CatalogUnreachableError, LockLostError, PiiKeyError, SharedSettingsError
from warehouse.postgres import PostgresCatalog, _Locks
from warehouse.storage import Bucket, Folder

URL = "postgres://writer:hid%40den@db.example:5433/tongguan?schema=south&sslmode=require"
BUCKET = {"TONGGUAN_DATA": "s3://bucket/some/prefix/", "TONGGUAN_S3_ENDPOINT": "http://10.0.0.5:9000/"}


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("TONGGUAN_CATALOG", "TONGGUAN_DATA", "TONGGUAN_S3_ENDPOINT", "TONGGUAN_PII_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_set_is_one_directory(tmp_path):
    home = Home(tmp_path)
    assert isinstance(catalogs.of(home), SqliteCatalog)
    assert home.storage == Folder(tmp_path / "data")
    assert catalogs.metadata(home, "wh") == '__ducklake_metadata_wh."main"'


def test_a_url_is_read_and_its_password_not_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("TONGGUAN_CATALOG", URL)
    monkeypatch.setenv("TONGGUAN_DATA", str(tmp_path))
    catalog = catalogs.of(Home(tmp_path))
    assert isinstance(catalog, PostgresCatalog)
    assert (catalog.host, catalog.port, catalog.database, catalog.user) == (
        "db.example",
        5433,
        "tongguan",
        "writer",
    )
    assert catalog.password == "hid@den"
    assert catalog.where() == "postgres://db.example:5433/tongguan?schema=south"
    shown = (repr(catalog), catalog.where(), catalog.attaching(False, "wh"), catalog.scrubbed("no hid@den"))
    assert not any("hid" in each for each in shown)
    assert "PASSWORD 'hid@den'" in catalog.secrets()["tongguan_catalog"]
    assert "sslmode=''require''" in catalog.attaching(False, "wh")
    assert "READ_ONLY" in catalog.attaching(True, "wh")
    assert "OVERRIDE" not in catalog.attaching(False, "wh"), "another data path must be refused"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://secret@h/d", "must read postgres://"),
        ("postgres:///d", "must read postgres://"),
        ("postgres://u:secret@h:port/d", "port"),
        ("postgres://u:secret@h", "names no database"),
        ("postgres://u:secret@h/d?pool=3", "knows no pool"),
    ],
)
def test_a_wrong_url_is_explained_without_being_repeated(tmp_path, monkeypatch, url, says):
    monkeypatch.setenv("TONGGUAN_CATALOG", url)
    monkeypatch.setenv("TONGGUAN_DATA", "s3://bucket")
    with pytest.raises(SharedSettingsError, match=says) as raised:
        catalogs.of(Home(tmp_path))
    assert "secret" not in "".join(traceback.format_exception(raised.value))


def test_a_shared_catalog_needs_data_that_all_reach(tmp_path, monkeypatch):
    monkeypatch.setenv("TONGGUAN_CATALOG", URL)
    with pytest.raises(SharedSettingsError, match="TONGGUAN_DATA is not"):
        catalogs.of(Home(tmp_path))


def test_a_bucket_is_read(monkeypatch):
    place = storage.of(Path("unused"), {**BUCKET, "AWS_REGION": "cn-north-1"})
    assert place == Bucket("bucket", "some/prefix", "http://10.0.0.5:9000", "cn-north-1")
    assert place.url == "s3://bucket/some/prefix/"
    with pytest.raises(SharedSettingsError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        place.secrets()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "it's")
    [options] = place.secrets().values()
    assert "SECRET 'it''s'" in options
    assert "ENDPOINT '10.0.0.5:9000', USE_SSL false, URL_STYLE 'path'" in options
    assert "SCOPE 's3://bucket/'" in options
    assert place.polars()["aws_allow_http"] == "true"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"TONGGUAN_DATA": "gs://bucket"}, "write s3://bucket/prefix"),
        ({"TONGGUAN_DATA": "s3:///prefix"}, "write s3://bucket/prefix"),
        ({"TONGGUAN_DATA": "s3://id:secret@bucket/p"}, "must not bear keys"),
        ({"TONGGUAN_DATA": "s3://bucket", "TONGGUAN_S3_ENDPOINT": "10.0.0.5"}, "must begin with http"),
    ],
)
def test_a_wrong_data_path_is_explained(settings, says):
    with pytest.raises(SharedSettingsError, match=says) as raised:
        storage.of(Path("unused"), settings)
    assert "secret" not in str(raised.value)


def test_a_catalog_that_does_not_answer_is_named_without_the_password(tmp_path, monkeypatch):
    monkeypatch.setenv("TONGGUAN_CATALOG", "postgres://writer:hidden@127.0.0.1:1/tongguan")
    monkeypatch.setenv("TONGGUAN_DATA", str(tmp_path / "data"))
    for opening in (Lake.read, Lake.write):
        with pytest.raises(CatalogUnreachableError, match=r"postgres://127.0.0.1:1/tongguan") as raised:
            opening(Home(tmp_path)).__enter__()
        assert "hidden" not in "".join(traceback.format_exception(raised.value))


def test_missing_packages_are_named_with_what_installs_them(tmp_path, monkeypatch):
    monkeypatch.setenv("TONGGUAN_CATALOG", URL)
    monkeypatch.setenv("TONGGUAN_DATA", str(tmp_path))
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("psycopg"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SharedSettingsError, match="extra `shared`"):
        catalogs.of(Home(tmp_path)).exists()


def test_no_key_is_made_for_one_of_several_machines(tmp_path, monkeypatch):
    monkeypatch.setenv("TONGGUAN_CATALOG", URL)
    with pytest.raises(PiiKeyError, match="same key on each"):
        pii_key(Home(tmp_path))
    assert not (tmp_path / "pii.key").exists()


def test_folders_that_machines_share_and_a_record_that_is_kept_elsewhere(tmp_path, monkeypatch):
    home = Home(tmp_path / "home")
    monkeypatch.setenv("TONGGUAN_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("TONGGUAN_RECORD", str(tmp_path / "record"))
    assert home.prepare().keeps_record
    assert (home.landing, home.record) == (tmp_path / "landing", tmp_path / "record")
    assert home.landing.is_dir() and home.record.is_dir()
    monkeypatch.setenv("TONGGUAN_RECORD", "off")
    assert not home.keeps_record
    assert home.record == home.path / "record"


def test_a_server_that_stops_while_a_writer_waits_is_told_in_a_sentence(tmp_path, monkeypatch):
    psycopg = pytest.importorskip("psycopg")
    monkeypatch.setenv("TONGGUAN_CATALOG", URL)
    monkeypatch.setenv("TONGGUAN_DATA", str(tmp_path))

    class Held:
        """Every lock is somebody else's, and the server stops before it is free."""

        def execute(self, statement, _):
            if "try" in statement or "pg_locks" in statement:
                return self
            raise psycopg.errors.AdminShutdown(
                "terminating connection of hid@den due to administrator command"
            )

        def fetchone(self):
            return (False,)

        def fetchall(self):
            return []

    said = []
    locks = _Locks(Held(), catalogs.of(Home(tmp_path)), "zone zhengzhou")
    with pytest.raises(LockLostError) as raised:
        locks.take("lake", alone=True, waiting=said.append)
    assert "broke while waiting for zone zhengzhou" in str(raised.value)
    assert "Nothing was written; run the day again" in str(raised.value) and "hid@" not in str(raised.value)
    assert said == ["waiting for another writer, postgres://db.example:5433/tongguan?schema=south"]
