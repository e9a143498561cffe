"""The log of commits: what it proves, and that every tampering is named."""

import json
import shutil
import sqlite3
from datetime import date, datetime, timedelta

import pytest
from staged_runs import Stage, order
from typer.testing import CliRunner

from flows.cli import app
from warehouse import Home, Lake, connection, record
from warehouse.errors import RecordError, SigningKeyError
from warehouse.record import commits, rows
from warehouse.record.book import Book

DAY = date(2026, 11, 11)
AT = datetime(2026, 11, 12, 1)


@pytest.fixture(scope="module")
def sealed_home(empty_home, tmp_path_factory):
    """Two days committed and sealed, with the catalog as it was after the first."""
    home = Home(tmp_path_factory.mktemp("sealed") / "home")
    shutil.copytree(empty_home.path, home.path)
    for number in (1, 2):
        with Lake.write(home) as lake:
            stage = Stage(home, f"r{number}")
            stage.file(f"orders_{number}.xml", "CEB311", [order(f"{number}{each}") for each in range(3)])
            stage.commit(lake)
            record.seal(lake, DAY + timedelta(days=number - 1), f"r{number}", AT)
        if number == 1:
            for each in home.path.glob("catalog.sqlite*"):
                shutil.copy(each, home.path / f"old-{each.name}")
    return home


@pytest.fixture
def home(sealed_home, tmp_path):
    shutil.copytree(sealed_home.path, tmp_path / "home")
    return Home(tmp_path / "home")


def problem(home, *arguments):
    """What `tongguan verify` names; None where all holds."""
    result = CliRunner().invoke(app, ["verify", "--home", str(home.path), "--json", *arguments])
    found = json.loads(result.output)
    assert result.exit_code == (1 if found["problem"] else 0)
    return found["problem"]


def spoil(home, *statements):
    """Change the catalog as who can write its file could; {orders} and the like stand for numbers of tables."""
    catalog = sqlite3.connect(home.catalog)
    tables = catalog.execute(
        "SELECT schema_name || '_' || table_name, table_id FROM ducklake_table t JOIN ducklake_schema USING (schema_id) "
        "WHERE t.end_snapshot IS NULL"
    ).fetchall()
    for each in statements:
        assert catalog.execute(each.format(**dict(tables))).rowcount, f"{each} changed nothing"
    catalog.commit()
    catalog.close()


def day(home, number, *orders):
    """Commit orders and seal."""
    with Lake.write(home) as lake:
        stage = Stage(home, f"r{number}")
        stage.file(f"orders_{number}.xml", "CEB311", [order(each) for each in orders])
        stage.commit(lake)
        record.seal(lake, DAY + timedelta(days=number - 1), f"r{number}", AT)


def data_file(home):
    return next(iter(sorted((home.data / "documents" / "import_orders").rglob("*.parquet"))))


def test_what_was_sealed_is_proved_and_an_unchanged_run_adds_nothing(home):
    with Lake.write(home) as lake:
        before, entries = lake.snapshot(), (home.record / "log.jsonl").read_bytes()
        assert record.seal(lake, DAY, "r3", AT).added == 0
        assert (lake.snapshot(), (home.record / "log.jsonl").read_bytes()) == (before, entries)
        found = record.verify(lake)
        files = lake.con.execute("SELECT count(*) FROM wh.documents.import_orders").fetchall()
    assert (found.problem, found.checkpoints, found.unsealed, files) == (None, 2, 0, [(6,)])
    assert found.entries == len(entries.splitlines())
    assert found.files > 2
    assert problem(home, "--zone", "zhengzhou", "--from", "2020-01-01") is None


def test_an_entry_has_author_run_and_files_with_hash_and_rows(home):
    lines = [json.loads(each) for each in (home.record / "log.jsonl").read_text().splitlines()]
    entry = next(each for each in lines if each["run_id"] == "r1")
    assert (entry["author"], entry["message"]) == ("tongguan", "zhengzhou: 1 files of documents")
    orders = next(each for each in entry["files"] if "import_orders" in each["path"])
    assert orders["rows"] == 3 and len(orders["sha256"]) == 64
    assert (home.data / orders["path"]).stat().st_size == orders["bytes"]


def test_a_flipped_byte_in_a_data_file_is_named(home):
    path = data_file(home)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert f"{path.name} of commit" in problem(home) and "was altered" in problem(home)
    assert problem(home, "--zone", "xinxiang") is None, "files of another zone are not hashed"


def test_a_deleted_data_file_is_named(home):
    path = data_file(home)
    path.unlink()
    assert path.name in problem(home) and "is missing" in problem(home)


@pytest.mark.parametrize("also_hashes", [False, True])
def test_a_truncated_log_is_named(home, also_hashes):
    log, leaves = home.record / "log.jsonl", home.record / "leaves.bin"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    if also_hashes:
        leaves.write_bytes(leaves.read_bytes()[:-32])
    assert "the log was cut" in problem(home)


@pytest.mark.parametrize("also_hashes", [False, True])
def test_a_rewritten_line_is_named(home, also_hashes):
    log, leaves = home.record / "log.jsonl", home.record / "leaves.bin"
    log.write_bytes(log.read_bytes().replace(b'"rows":3', b'"rows":2', 1))
    if also_hashes:
        from warehouse.record.merkle import leaf_hash

        leaves.write_bytes(b"".join(leaf_hash(each) for each in log.read_bytes().splitlines()))
    assert ("was altered" if not also_hashes else "was rewritten") in problem(home)


def test_a_replaced_checkpoint_is_named(home):
    path = home.record / "checkpoints.jsonl"
    first, second = path.read_text().splitlines(keepends=True)
    path.write_text(first + second.replace("2026-11-12", "2026-11-13"))
    assert "checkpoint 2: its signature does not hold" in problem(home)
    path.write_text(second)
    assert "the catalog holds 2 checkpoints, the record folder 1" in problem(home)


def roll_back(home):
    """Put the catalog of after the first day in the place of that of the second."""
    for each in home.path.glob("catalog.sqlite*"):
        each.unlink()
    for each in home.path.glob("old-catalog.sqlite*"):
        shutil.copy(each, home.path / each.name.removeprefix("old-"))


def test_a_rolled_back_catalog_is_named(home):
    roll_back(home)
    assert "the catalog was rolled back" in problem(home)


def test_a_catalog_older_than_the_log_is_not_sealed(home):
    """Neither while it lacks commits of the log nor when others have taken their numbers."""
    before = {each.name: each.read_bytes() for each in home.record.iterdir()}
    last = json.loads((home.record / "log.jsonl").read_text().splitlines()[-1])["snapshot"]
    roll_back(home)
    with Lake.write(home) as lake:
        assert lake.snapshot() < last
        with pytest.raises(RecordError, match=rf"the last in .* is number {last} .* Nothing was sealed"):
            record.seal(lake, DAY, "r3", AT)
        for number in range(last - lake.snapshot()):
            row = f"INSERT INTO wh.ledger.touched_dates (zone, run_id) VALUES ('z', '{number}')"
            lake.commit("t", "instead", "r", lambda con, row=row: con.execute(row))
        assert lake.snapshot() == last
        with pytest.raises(RecordError, match=r"of that number in the catalog is another \(instead\)"):
            record.seal(lake, DAY, "r3", AT)
    assert {each.name: each.read_bytes() for each in home.record.iterdir()} == before


def test_a_line_left_by_a_crash_before_its_checkpoint_is_appended_anew(home):
    log = home.record / "log.jsonl"
    whole = log.read_bytes()
    with Lake.write(home) as lake:
        stage = Stage(home, "r3")
        stage.file("orders_3.xml", "CEB311", [order("9")])
        stage.commit(lake)
        last = json.loads(whole.splitlines()[-1])
        log.write_bytes(whole + json.dumps(last | {"index": last["index"] + 1}).encode() + b"\n")
        assert record.seal(lake, DAY, "r3", AT).added > 0
        assert record.verify(lake).problem is None


FIRST = "data_file_id = (SELECT min(data_file_id) FROM ducklake_data_file WHERE table_id = {documents_import_orders})"
NOW = "(SELECT max(snapshot_id) FROM ducklake_snapshot)"
HALF = "documents.import_orders had 3 rows when commit", "now tells of 0"
DELETIONS = (
    "INSERT INTO ducklake_delete_file SELECT 9999, table_id, {since}, NULL, data_file_id, path || '-deletes', "
    "path_is_relative, 'parquet', {many}, 100, 10, NULL, NULL FROM ducklake_data_file WHERE {first}"
)


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([f"UPDATE ducklake_data_file SET end_snapshot = begin_snapshot + 1 WHERE {FIRST}"], HALF),
        ([f"UPDATE ducklake_data_file SET end_snapshot = {NOW} WHERE {FIRST}"], HALF),
        ([f"UPDATE ducklake_data_file SET begin_snapshot = {NOW} WHERE {FIRST}"], HALF),
        ([f"DELETE FROM ducklake_data_file WHERE {FIRST}"], HALF),
        (
            [
                f"DELETE FROM ducklake_data_file WHERE {FIRST}",
                f"UPDATE ducklake_data_file SET record_count = 6 WHERE {FIRST}",
            ],
            HALF,
        ),
        (["UPDATE ducklake_table SET table_name = 'x' WHERE table_id = {documents_import_orders}"], HALF),
        ([DELETIONS.replace("{since}", "1").replace("{many}", "3").replace("{first}", FIRST)], HALF),
        ([DELETIONS.replace("{since}", NOW).replace("{many}", "0").replace("{first}", FIRST)], HALF[:1]),
        (
            ["DELETE FROM ducklake_data_file WHERE table_id = {ledger_coverage}"],
            ("ledger.coverage had 1 rows", "tells of 0"),
        ),
        (
            [
                f"UPDATE ducklake_data_file SET end_snapshot = {NOW} WHERE table_id = {{ledger_coverage}} "
                "AND end_snapshot IS NULL"
            ],
            ("ledger.coverage had 1 rows in commit", "the last but for checkpoints", "tells of 0"),
        ),
    ],
)
def test_rows_that_left_the_catalog_are_named(home, statements, words):
    spoil(home, *statements)
    found = problem(home)
    assert found and all(each in found for each in words), found
    assert problem(home, "--zone", "xinxiang", "--to", "2020-01-01") == found, (
        "these narrow nothing but hashing"
    )


def test_a_vintage_that_left_the_catalog_is_named(home):
    add = "INSERT INTO wh.vintages.published (zone, vintage) VALUES ('zhengzhou', 1)"
    with Lake.write(home) as lake:
        lake.commit("tongguan", "figures", "p", lambda con: con.execute(add))
        record.seal(lake, DAY, "p", AT)
    assert problem(home) is None
    end = "UPDATE ducklake_data_file SET end_snapshot = begin_snapshot + 1 WHERE table_id = {vintages_published}"
    spoil(home, end)
    assert "vintages.published had 1 rows when commit" in problem(home) and "now tells of 0" in problem(home)


def test_a_file_said_to_have_other_rows_or_that_stands_twice_is_named(home):
    again = (
        "INSERT INTO ducklake_data_file SELECT 9998, table_id, begin_snapshot, NULL, 1, path, path_is_relative, "
        f"file_format, record_count, file_size_bytes, footer_size, 0, partition_id, NULL, NULL, NULL "
        f"FROM ducklake_data_file WHERE {FIRST}"
    )
    late = f"UPDATE ducklake_data_file SET path = (SELECT path FROM ducklake_data_file WHERE {FIRST}) WHERE "
    last = FIRST.replace("min(", "max(")
    spoil(home, late + last)
    assert "stands in the catalog twice" in problem(home)
    spoil(home, again)
    assert "had 3 rows" in problem(home) and "now tells of 6" in problem(home)


def test_a_deletion_kept_in_the_catalog_itself_is_named(home):
    spoil(
        home,
        "CREATE TABLE ducklake_inlined_delete_{documents_import_orders} "
        "(file_id BIGINT, row_id BIGINT, begin_snapshot BIGINT)",
        "INSERT INTO ducklake_inlined_delete_{documents_import_orders} SELECT data_file_id, 0, 1 "
        f"FROM ducklake_data_file WHERE {FIRST}",
    )
    with Lake.read(home) as lake:
        assert len(lake.con.execute("SELECT * FROM wh.documents.import_orders").fetchall()) == 5
    assert "outside the data files, in ducklake_inlined_delete_" in problem(home)


@pytest.mark.parametrize("ended", ["begin_snapshot + 1", NOW])
def test_a_seal_does_not_cover_up_what_was_lost_before_it(home, ended):
    """Not even where the day brought more than was lost and the catalog is told that older commits expired."""
    spoil(home, f"UPDATE ducklake_data_file SET end_snapshot = {ended} WHERE {FIRST}")
    day(home, 3, "31", "32", "33", "34")
    spoil(home, f"DELETE FROM ducklake_snapshot WHERE snapshot_id < {NOW}")
    assert "documents.import_orders had 6 rows when commit" in problem(home)
    assert "of which 3 were left when commit" in problem(home)


def test_a_log_of_before_the_counts_still_verifies_and_is_counted_from_the_next_seal_on(
    empty_home, tmp_path, monkeypatch
):
    shutil.copytree(empty_home.path, tmp_path / "old")
    home = Home(tmp_path / "old")
    with monkeypatch.context() as patch:
        patch.setattr(commits, "noted", lambda *_: {})
        day(home, 1, "11", "12")
    assert "in_force" not in (home.record / "log.jsonl").read_text()
    assert problem(home) is None
    spoil(home, f"UPDATE ducklake_data_file SET record_count = 1 WHERE {FIRST}")
    assert "has 1 rows in the catalog, 2 were logged" in problem(home)
    spoil(home, f"UPDATE ducklake_data_file SET record_count = 2 WHERE {FIRST}")
    day(home, 2, "21", "22")
    assert problem(home) is None
    last = json.loads((home.record / "log.jsonl").read_text().splitlines()[-1])
    assert (last["in_force"]["documents.import_orders"], last["altered"]) == (4, {})
    spoil(home, f"DELETE FROM ducklake_data_file WHERE {FIRST}")
    assert "documents.import_orders had 4 rows when commit" in problem(home)


def test_what_a_migration_of_long_ago_put_anew_may_be_rewritten(empty_home, tmp_path, monkeypatch):
    shutil.copytree(empty_home.path, tmp_path / "old")
    home = Home(tmp_path / "old")
    with monkeypatch.context() as patch:
        patch.setattr(commits, "noted", lambda *_: {})
        day(home, 1, "11", "12", "13")
    update = "UPDATE wh.documents.import_orders SET row_no = 9 WHERE row_no = 1"
    with Lake.write(home) as lake:
        lake.commit("tongguan", "migration", "m", lambda con: con.execute(update))
        record.seal(lake, DAY, "m", AT)
        rewriting = "CALL ducklake_rewrite_data_files('wh', 'import_orders', schema => 'documents', delete_threshold => 0)"
        lake.commit("tongguan", "rewrite", "m", lambda con: con.execute(rewriting).fetchall())
        assert record.verify(lake).problem is None
        record.seal(lake, DAY, "w", AT)
        assert record.verify(lake).problem is None
    spoil(
        home,
        f"UPDATE ducklake_data_file SET end_snapshot = {NOW} WHERE end_snapshot IS NULL "
        "AND table_id = {documents_import_orders}",
    )
    assert "documents.import_orders had 3 rows when commit" in problem(home)


def test_rows_are_counted_as_a_reader_finds_them_through_deletions_rewriting_and_merging(home):
    def take_out(lake, text):
        lake.commit("tongguan", text, "d", lambda con: con.execute(text).fetchall())
        record.seal(lake, DAY, "d", AT)

    wanted = {}
    with Lake.write(home) as lake:
        lake.commit(
            "tongguan",
            "dates",
            "d",
            lambda con: con.execute(
                "INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) "
                "SELECT 'z', DATE '2026-11-01' + i::INT, 'd' FROM range(10) t(i)"
            ),
        )
        for number in range(4):
            take_out(
                lake,
                f"DELETE FROM wh.ledger.touched_dates WHERE business_date = DATE '2026-11-01' + {number}",
            )
            wanted[lake.snapshot() - 1] = 9 - number
        take_out(
            lake, "UPDATE wh.ledger.touched_dates SET run_id = 'e' WHERE business_date > DATE '2026-11-08'"
        )
        for call in ("rewrite_data_files", "merge_adjacent_files"):
            more = ", delete_threshold => 0.0" if call.startswith("rewrite") else ""
            take_out(lake, f"CALL ducklake_{call}('wh', 'touched_dates', schema => 'ledger'{more})")
            assert record.verify(lake).problem is None
        take_out(lake, "CALL ducklake_merge_adjacent_files('wh', 'import_orders', schema => 'documents')")
        newest = lake.snapshot()
        known = [
            number for (number,) in lake.con.execute("SELECT snapshot_id FROM wh.snapshots()").fetchall()
        ]
        found = rows.in_force(lake, known, newest, newest)
        assert len(found) == len(known)
        for number in known[-16:]:
            for table in ("ledger.touched_dates", "documents.import_orders"):
                asked = f"SELECT * FROM wh.{table} AT (VERSION => {number})"
                assert found[number].get(table, 0) == len(lake.con.execute(asked).fetchall())
        assert {number: found[number]["ledger.touched_dates"] for number in wanted} == wanted
        assert record.verify(lake).problem is None
        assert lake.con.execute(
            "SELECT max(partial_max) FROM __ducklake_metadata_wh.ducklake_delete_file"
        ).fetchone()[0]
    entries = [json.loads(each) for each in (home.record / "log.jsonl").read_text().splitlines()]
    assert not any(each.get("altered") for each in entries)


def test_a_table_that_never_gets_fewer_rows_is_told_from_the_log_alone(home):
    with Lake.write(home) as lake:
        lake.commit(
            "somebody", "tidy", "x", lambda con: con.execute("DELETE FROM wh.ledger.files").fetchall()
        )
        record.seal(lake, DAY, "x", AT)
    assert "ledger.files had 2 rows when commit" in problem(home) and "and 0 when commit" in problem(home)


def test_a_run_with_another_key_seals_nothing_and_one_with_the_right_key_seals_all(
    home, monkeypatch, tmp_path
):
    monkeypatch.delenv("TONGGUAN_SIGNING_KEY", raising=False)
    before = {each.name: each.read_bytes() for each in home.record.iterdir()}
    right = home.signing_key.rename(tmp_path / "right.key")
    with pytest.raises(SigningKeyError, match=r"there is no key in .*signing.key .* nothing was sealed"):
        day(home, 3, "31")
    assert not home.signing_key.exists(), "none is made for a record that has its key"
    home.signing_key.write_text("MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=\n")
    home.signing_key.chmod(0o600)
    with pytest.raises(SigningKeyError, match=r"is not the one that the record is signed with"):
        day(home, 4, "41")
    assert {each.name: each.read_bytes() for each in home.record.iterdir()} == before
    monkeypatch.setenv("TONGGUAN_SIGNING_KEY", str(right))
    with Lake.write(home) as lake:
        assert (
            record.seal(lake, DAY, "r5", AT).added == 3
        )  # both days, and the commit that kept the last checkpoint
        found = record.verify(lake)
    assert (found.problem, found.unsealed, found.checkpoints) == (None, 0, 3)


def test_a_record_without_its_public_key_is_given_no_other(home):
    (home.record / "public.key").unlink()
    with pytest.raises(SigningKeyError, match=r"Put public\.key back"):
        day(home, 3, "31")
    assert not (home.record / "public.key").exists()


def test_a_run_that_seals_beside_a_verification_is_no_tampering(home, monkeypatch):
    real = Book.lines

    def lines(self):
        """A run commits and seals right after the log was read."""
        monkeypatch.setattr(Book, "lines", real)
        read = list(real(self))
        day(home, 3, "31")
        return iter(read)

    monkeypatch.setattr(Book, "lines", lines)
    with Lake.read(home) as lake:
        found = record.verify(lake)
    assert (found.problem, found.checkpoints, found.unsealed) == (None, 3, 0)


def test_missing_hashes_and_half_a_checkpoint_are_named(home):
    leaves = home.record / "leaves.bin"
    whole = leaves.read_bytes()
    leaves.write_bytes(whole[:-32])
    assert f"{len(whole) // 32 - 1} hashes for {len(whole) // 32} entries" in problem(home)
    leaves.unlink()
    assert f"leaves.bin has 0 hashes for {len(whole) // 32} entries" in problem(home)
    leaves.write_bytes(whole)
    with (home.record / "checkpoints.jsonl").open("ab") as file:
        file.write(b'"tongguan/rec')
    assert "line 3 of" in problem(home) and "is no signed note" in problem(home)
    day(home, 3, "31")
    assert problem(home) is None, "what a crash left is cut off"


@pytest.mark.parametrize("table", ["migrations", "checkpoints"])
@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"spoilt")])
def test_a_missing_file_of_the_ledger_itself_is_named(home, monkeypatch, table, spoil):
    monkeypatch.setattr(connection, "_known_as_migrated", set())  # as in a process of its own
    path = next((home.data / "ledger" / table).rglob("*.parquet"))
    spoil(path)
    assert path.name in problem(home)
