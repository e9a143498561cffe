import shutil
from collections.abc import Iterator

import duckdb
import pytest
from staged_runs import Stage, import_list, order

from warehouse import Home, Lake, pii_key, query
from warehouse.errors import QueryFailedError, QueryRefusedError, WarehouseMissingError


@pytest.fixture(scope="module")
def filled(empty_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("filled") / "home")
    shutil.copytree(empty_home.path, home.path)
    pii_key(home)
    with Lake.write(home) as lake:
        stage = Stage(home, "r1")
        stage.file("o.xml", "CEB311", [order("1"), order("2")])
        stage.file("l.xml", "CEB621", [import_list("1")])
        stage.commit(lake)
    return home


@pytest.fixture(scope="module")
def con(filled: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with Lake.read(filled) as lake:
        query.lock_down(lake.con, filled)
        yield lake.con


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("SELECT order_no FROM documents.import_orders ORDER BY 1", [("1",), ("2",)]),
        ("with a as (select 1 as x) select x + 1 from a", [(2,)]),
        ("FROM core.lists", []),
        ("SELECT count(*) FROM metrics.volume_daily", [(0,)]),
        (
            "SELECT sum(item.total_price)::VARCHAR FROM (SELECT unnest(items) AS item FROM documents.import_lists)",
            [("100.00000",)],
        ),
        ("SELECT max(author) FROM wh.snapshots()", [("tongguan",)]),
        ("SELECT * FROM range(2)", [(0,), (1,)]),
        ("-- a comment\nSELECT 1;", [(1,)]),
    ],
)
def test_questions_are_answered(con, question, rows):
    table = query.ask(con, question)
    assert [tuple(row.values()) for row in table.to_pylist()] == rows


@pytest.mark.parametrize(
    "question",
    [
        "DESCRIBE core.lists",
        "SUMMARIZE documents.import_orders",
        "SHOW ALL TABLES",
        "EXPLAIN SELECT * FROM core.lists",
        "EXPLAIN ANALYZE SELECT 1",
        "PRAGMA table_info('core.lists')",
    ],
)
def test_statements_that_only_look_are_answered(con, question):
    assert query.ask(con, question).num_rows > 0


@pytest.mark.parametrize(
    "question",
    [
        "INSERT INTO core.lists SELECT * FROM core.lists",
        "DELETE FROM documents.import_orders",
        "CREATE TABLE x AS SELECT 1",
        "CREATE TEMP MACRO m() AS 1",
        "ATTACH '{home}/x.duckdb'",
        "SET threads = 1",
        "USE memory",
        "CALL wh.set_option('parquet_compression', 'zstd')",
        "COPY (SELECT 1) TO '{home}/data/x.parquet'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{home}/data/x.parquet'",
        "EXPLAIN ANALYZE DELETE FROM documents.import_orders",
        "EXPORT DATABASE '{home}/data'",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('{home}/pii.key')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('{home}/landing/*/*')",
        "SELECT * FROM '{home}/staging/r1/rejected.parquet'",
        "SELECT * FROM read_parquet('{home}/staging/r1/rejected.parquet')",
        "SELECT * FROM sqlite_scan('{home}/catalog.sqlite', 'ducklake_snapshot')",
        "SELECT * FROM ducklake_cleanup_old_files('wh', cleanup_all => true)",
        "SELECT (SELECT count(*) FROM ducklake_cleanup_old_files('wh', cleanup_all => true))",
        "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
        "WITH a AS (SELECT * FROM read_text('/etc/passwd')) SELECT 1",
    ],
)
def test_everything_else_is_refused(filled, con, question):
    with pytest.raises(QueryRefusedError):
        query.ask(con, question.replace("{home}", str(filled.path)))
    assert not (filled.data / "x.parquet").exists()
    assert query.ask(con, "SELECT count(*) AS n FROM documents.import_orders").to_pylist() == [{"n": 2}]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM read_text('{home}/pii.key')",
        "SELECT * FROM glob('{home}/landing/*/*')",
        "ATTACH '{home}/x.duckdb'",
        "SET enable_external_access = true",
        "LOAD httpfs",
    ],
)
def test_the_connection_itself_is_locked_down(filled, con, question):
    with pytest.raises((duckdb.PermissionException, duckdb.InvalidInputException)):
        con.execute(question.replace("{home}", str(filled.path)))


def test_names_do_not_mean_variables_of_the_program(con):
    import polars as pl

    secrets = pl.DataFrame({"a": [1]})
    with pytest.raises(QueryFailedError, match="secrets"):
        query.ask(con, "SELECT * FROM secrets")
    assert secrets.height == 1


def test_a_wrong_question_is_explained(filled, con):
    with pytest.raises(QueryFailedError, match="no_such_column"):
        query.run(filled, "SELECT no_such_column FROM core.lists")
    with pytest.raises(QueryFailedError, match="syntax"):
        query.ask(con, "SELEC 1")


def test_asking_a_home_without_warehouse_says_what_to_do(tmp_path):
    with pytest.raises(WarehouseMissingError, match="tongguan run"):
        query.run(Home(tmp_path / "none"), "SELECT 1")
