"""A backup taken beside a running writer, brought up to date, lost home, restored and proved."""

import json
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from filelock import Timeout
from staged_runs import Stage, order
from typer.testing import CliRunner

from flows.cli import app
from warehouse import Home, Lake, backup, pii_key, published, record
from warehouse.errors import BackupError, PiiKeyError

DAY = date(2026, 11, 11)
AT = datetime(2026, 11, 12, 1)
STORED = "SELECT order_no, loaded_at, file_hash FROM wh.documents.import_orders ORDER BY ALL"


def load(home, number):
    with Lake.write(home) as lake:
        stage = Stage(home, f"r{number}")
        stage.file(f"orders_{number}.xml", "CEB311", [order(f"{number}{each}") for each in range(3)])
        stage.commit(lake)
        record.seal(lake, DAY + timedelta(days=number - 1), f"r{number}", AT)


def rows(home):
    with Lake.read(home) as lake:
        return lake.con.execute(STORED).fetchall()


def take(home, target):
    return backup.backup(home, target, AT, lambda _: None, lambda done, total: None)


def put_back(source, home):
    return backup.restore(source, home, lambda done, total: None)


@pytest.fixture(scope="module")
def backed_up(empty_home, tmp_path_factory):
    """A home and its backup, taken after the first day and brought up to date after the second."""
    base = tmp_path_factory.mktemp("backup")
    home, target = Home(base / "home"), base / "backup"
    shutil.copytree(empty_home.path, home.path)
    (home.path / "maintenance.toml").write_text("snapshots_days = 90\n")
    load(home, 1)
    first = take(home, target)
    load(home, 2)
    return home, target, first, take(home, target)


def test_a_lost_home_is_put_back_and_proved(backed_up, tmp_path):
    home, target, _, _ = backed_up
    wanted = rows(home)
    assert len(wanted) == 6
    restored = tmp_path / "restored"
    result = CliRunner().invoke(app, ["restore", "--from", str(target), "--home", str(restored), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["verified"]["problem"] is None and found["verified"]["checkpoints"] == 2
    assert rows(Home(restored)) == wanted
    assert (restored / "maintenance.toml").read_text() == "snapshots_days = 90\n"
    assert not [each for each in backup.KEYS if (restored / each).exists()], "keys are kept apart"
    for key in backup.KEYS:
        if (home.path / key).exists():
            shutil.copy2(home.path / key, restored / key)
    load(Home(restored), 3)
    assert len(rows(Home(restored))) == 9, "work goes on in the restored home"


def test_the_second_backup_copies_only_what_is_new(backed_up):
    _, _, first, second = backed_up
    assert first.copied == first.files
    assert 0 < second.copied < second.files
    assert "signing.key" in second.without_keys


def test_what_is_gone_from_the_home_leaves_the_backup(backed_up, tmp_path):
    home, _, _, _ = backed_up
    copy, target = Home(tmp_path / "home"), tmp_path / "backup"
    shutil.copytree(home.path, copy.path)
    (copy.landing / "ab").mkdir(parents=True)
    (copy.landing / "ab" / "ab12").write_text("expires")
    take(copy, target)
    assert (target / "landing" / "ab" / "ab12").exists()
    (copy.landing / "ab" / "ab12").unlink()
    take(copy, target)
    assert not (target / "landing" / "ab" / "ab12").exists()


def test_a_writer_at_work_is_waited_for(backed_up, tmp_path):
    home, _, _, _ = backed_up
    program = (
        "import sys, time; from warehouse import Home, Lake\n"
        "with Lake.write(Home(sys.argv[1])): print('holding', flush=True); time.sleep(1.5)"
    )
    said = []
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home.path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "holding\n"
        backup.backup(home, tmp_path / "backup", AT, said.append, lambda done, total: None)
    assert len(said) == 1 and "waiting for the writer" in said[0]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: (path / "backup.json").unlink(), "did not come to its end"),
        (lambda path: (path / "backup.json").write_text("{}"), "cannot be read"),
        (lambda path: (path / "catalog.sqlite").write_bytes(b"other"), "is not the catalog"),
        (lambda path: next((path / "data").rglob("*.parquet")).unlink(), "it was altered"),
    ],
)
def test_what_is_no_backup_is_refused(spoil, words, backed_up, tmp_path):
    _, target, _, _ = backed_up
    shutil.copytree(target, tmp_path / "spoilt")
    spoil(tmp_path / "spoilt")
    with pytest.raises(BackupError, match=words):
        put_back(tmp_path / "spoilt", Home(tmp_path / "home"))
    assert not (tmp_path / "home" / "catalog.sqlite").exists()


def test_a_restored_home_is_given_no_personal_data_key_of_its_own(backed_up, tmp_path, monkeypatch):
    _, target, _, _ = backed_up
    monkeypatch.delenv("TONGGUAN_PII_KEY", raising=False)
    restored = Home(tmp_path / "restored")
    put_back(target, restored)
    with pytest.raises(PiiKeyError, match=r"holds documents.* put .*pii\.key back from its copy"):
        pii_key(restored)
    assert not restored.pii_key.exists()
    restored.pii_key.write_bytes(b"k" * 32)
    restored.pii_key.chmod(0o600)
    assert pii_key(restored) == (b"k" * 32, False)


@pytest.mark.parametrize(
    "setting", ["TONGGUAN_CATALOG", "TONGGUAN_DATA", "TONGGUAN_LANDING", "TONGGUAN_RECORD"]
)
def test_a_home_is_not_proved_by_another_that_the_settings_name(setting, backed_up, tmp_path, monkeypatch):
    home, target, _, _ = backed_up
    monkeypatch.setenv(setting, str(home.data))
    with pytest.raises(BackupError, match=f"{setting} is set"):
        put_back(target, Home(tmp_path / "restored"))
    assert not (tmp_path / "restored").exists()


@pytest.mark.parametrize("stop", ["_copy", "_copy_changing", "_take_places", "second rename", "unlink"])
def test_a_backup_that_is_stopped_is_still_one(stop, backed_up, tmp_path, monkeypatch):
    """At whatever moment: it is the one before, of 6 orders, until the new one, of 9, is whole."""
    lost, target, _, _ = backed_up
    home, copy = Home(tmp_path / "home"), tmp_path / "backup"
    shutil.copytree(lost.path, home.path)
    shutil.copytree(target, copy)
    load(home, 3)
    gone = home.reports / "old.html"
    gone.write_text("page")
    take(home, copy)
    gone.unlink()
    load(home, 4)
    real, rename, renamed = getattr(backup, stop, None), Path.rename, []

    unlink = Path.unlink

    def dies(*arguments):
        raise KeyboardInterrupt

    def removed(path, missing_ok=False):
        return dies() if path.name == "old.html" else unlink(path, missing_ok)

    def second(path, to):
        renamed.append(to)
        return dies() if len(renamed) == 2 else rename(path, to)

    with monkeypatch.context() as patch:
        if stop == "second rename":
            patch.setattr(Path, "rename", second)
        elif stop == "unlink":
            patch.setattr(Path, "unlink", removed)
        elif stop == "_take_places":
            patch.setattr(backup, stop, lambda at: dies() if backup._is_whole(at / "next") else real(at))
        else:
            patch.setattr(backup, stop, dies)
        with pytest.raises(KeyboardInterrupt):
            take(home, copy)
    put_back(copy, Home(tmp_path / "restored"))
    assert len(rows(Home(tmp_path / "restored"))) == (9 if stop in ("_copy", "_copy_changing") else 12)
    with Lake.read(Home(tmp_path / "restored")) as lake:
        assert record.verify(lake).problem is None
    take(home, copy)
    assert not (copy / "next").exists() and not (copy / "reports" / "old.html").exists()
    put_back(copy, Home(tmp_path / "again"))
    assert len(rows(Home(tmp_path / "again"))) == 12


def test_what_comes_and_goes_beside_a_backup_does_not_stop_it(backed_up, tmp_path, monkeypatch):
    lost, _, _, _ = backed_up
    home, copy = Home(tmp_path / "home"), tmp_path / "backup"
    shutil.copytree(lost.path, home.path)
    (home.path / "running").mkdir()
    (home.path / "running" / "r.json").write_text("{}")
    (home.published / ".analyst.duckdb.17").write_text("half")
    (home.published / "analyst.duckdb").write_text("whole")
    (home.published / "gone.csv").write_text("gone")
    real = shutil.copy2

    def copying(original, into):
        if Path(original).name == "gone.csv":
            Path(original).unlink()
        with pytest.raises(Timeout):
            if Path(original).name == "analyst.duckdb":
                published.alone(home).acquire(timeout=0)
            raise Timeout("")
        return real(original, into)

    monkeypatch.setattr(shutil, "copy2", copying)
    take(home, copy)
    assert sorted(each.name for each in (copy / "published").iterdir()) == ["analyst.duckdb"]
    assert not (copy / "running").exists()


def test_landed_bytes_that_were_altered_are_left_out_and_named(backed_up, tmp_path):
    lost, _, _, _ = backed_up
    home, copy = Home(tmp_path / "home"), tmp_path / "backup"
    shutil.copytree(lost.path, home.path)
    name = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc" (FIPS 180-2)
    (home.landing / "ba").mkdir(parents=True)
    (home.landing / "ba" / name).write_text("abc")
    take(home, copy)
    assert put_back(copy, Home(tmp_path / "right")).altered == ()
    assert (tmp_path / "right" / "landing" / "ba" / name).read_text() == "abc"
    (copy / "landing" / "ba" / name).write_text("abd")
    result = CliRunner().invoke(
        app, ["restore", "--from", str(copy), "--home", str(tmp_path / "spoilt"), "--json"]
    )
    assert (result.exit_code, json.loads(result.stdout)["altered"]) == (1, [f"landing/ba/{name}"])
    assert not (tmp_path / "spoilt" / "landing" / "ba" / name).exists()


def test_zone_files_and_corrections_go_along(backed_up, tmp_path, monkeypatch):
    lost, _, _, _ = backed_up
    zones, copy = tmp_path / "zones", tmp_path / "backup"
    (zones / "corrections" / "z").mkdir(parents=True)
    (zones / "z.toml").write_text('name = "z"\n')
    (zones / "corrections" / "z" / "clock.toml").write_text('id = "clock"\n')
    monkeypatch.setenv("TONGGUAN_ZONES", str(zones))
    for _ in range(2):
        result = CliRunner().invoke(app, ["backup", "--to", str(copy), "--home", str(lost.path)])
        assert result.exit_code == 0, result.output
    put_back(copy, Home(tmp_path / "restored"))
    found = tmp_path / "restored" / "zones"
    assert (found / "corrections" / "z" / "clock.toml").read_text() == 'id = "clock"\n'
    assert (found / "z.toml").read_text() == 'name = "z"\n'


def test_half_a_catalog_is_never_in_the_place_of_one(backed_up, tmp_path, monkeypatch):
    _, target, _, _ = backed_up
    real = shutil.copy2

    def half(original, into):
        if Path(original).name == "catalog.sqlite":
            Path(into).write_bytes(Path(original).read_bytes()[:5000])
            raise KeyboardInterrupt
        return real(original, into)

    monkeypatch.setattr(shutil, "copy2", half)
    with pytest.raises(KeyboardInterrupt):
        put_back(target, Home(tmp_path / "restored"))
    assert not Home(tmp_path / "restored").catalog.exists()


def test_nothing_is_overwritten(backed_up, tmp_path):
    home, target, _, _ = backed_up
    with pytest.raises(BackupError, match="not empty"):
        put_back(target, home)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letters.txt").write_text("mine")
    with pytest.raises(BackupError, match="no backup"):
        take(home, tmp_path / "mine")
    with pytest.raises(BackupError, match="in the home itself"):
        take(home, home.path / "backup")


def test_another_home_is_no_place_for_a_backup(backed_up, empty_home, tmp_path):
    home, _, _, _ = backed_up
    other = Home(tmp_path / "other")
    shutil.copytree(empty_home.path, other.path)
    load(other, 7)
    for name in ("writer.lock", "signing.key", "pii.key", "staging"):  # any of them is enough
        with pytest.raises(BackupError, match="is the home of a warehouse"):
            take(home, other.path)
        gone = other.path / name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink(missing_ok=True)
    with pytest.raises(BackupError, match="holds something that is no backup"):
        take(home, other.path)
    assert len(rows(other)) == 3


def test_a_folder_of_somebody_elses_data_is_left_alone(backed_up, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.txt").write_text("precious")
    with pytest.raises(BackupError, match="holds something that is no backup"):
        take(backed_up[0], tmp_path)
    with pytest.raises(BackupError, match="is no folder that can be listed"):
        take(backed_up[0], tmp_path / "data" / "mine.txt")
    assert [each.name for each in tmp_path.rglob("*")] == ["data", "mine.txt"]


def test_zone_files_that_are_not_there_make_no_green_backup(backed_up, tmp_path, monkeypatch):
    monkeypatch.setenv("TONGGUAN_ZONES", str(tmp_path / "nowhere"))
    asked = ["backup", "--to", str(tmp_path / "backup"), "--home", str(backed_up[0].path)]
    refused = CliRunner().invoke(app, asked)
    assert "nowhere is no folder: mend TONGGUAN_ZONES" in str(refused.exception)
    assert not (tmp_path / "backup").exists()
