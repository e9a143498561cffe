"""Questions as of a moment: figures from their vintages, records from a snapshot or made again."""

import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from staged_runs import Stage, import_list, order, receipt
from test_late_data import DAY, figures, one_table
from test_warehouse_linking import RATES

from transforms.lists import build
from warehouse import Home, Lake, asof, linking, query, vintages
from warehouse.connection import attached
from warehouse.errors import QueryFailedError, QueryRefusedError

__all__ = ["one_table"]  # a fixture of both files
ZONE = "zhengzhou"


def clock() -> datetime:
    return datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)


def link(zone, documents):
    made = build(documents, RATES)
    return {"lists": made.lists.collect(), "list_events": made.events.collect()}


def link_lists(lake):
    inputs = linking.gather(lake, ZONE)
    assert inputs is not None
    made = build(inputs.documents, RATES)
    empty = pl.DataFrame(schema=asof.rebuild.CORE["reconciliation"])
    linking.store(lake, ZONE, "r", inputs, made.lists.collect(), made.events.collect(), empty, empty)


@pytest.fixture(scope="module")
def history(empty_home: Home, tmp_path_factory) -> Iterator[tuple[Home, list[datetime]]]:
    """Two days of loading and publishing; the moments before, between and after."""
    home = Home(tmp_path_factory.mktemp("history") / "home")
    shutil.copytree(empty_home.path, home.path)
    moments = [clock()]
    with pytest.MonkeyPatch.context() as patch, Lake.write(home) as lake:
        patch.setattr(vintages, "METRIC_TABLES", {"volume_daily": vintages.METRIC_TABLES["volume_daily"]})
        for lists in (1, 2):
            number = str(lists)
            stage = Stage(home, f"r{lists}")
            stage.file("o", "CEB311", [order(number)])
            stage.file("l", "CEB621", [import_list(number)])
            stage.file("r", "CEB622", [receipt(number, "120", "11 09:00")])
            stage.commit(lake, clock())
            link_lists(lake)
            vintages.publish(lake, ZONE, f"r{lists}", clock, figures(DAY, lists=lists), [DAY])
            time.sleep(0.01)
            moments.append(clock())
    yield home, moments


def asked(home, moment, *questions, said=None):
    """The answers to several questions as of one moment, on one connection."""
    say = said.append if said is not None else lambda _: None
    with asof.standing(home, moment, " ".join(questions), link, say) as con:
        return [[tuple(row.values()) for row in query.ask(con, each).to_pylist()] for each in questions]


LISTS = "SELECT lists, vintage FROM metrics.volume_daily"
STORED = "SELECT order_no, state FROM core.lists ORDER BY 1"


def test_figures_stand_as_they_did(history):
    home, (before, between, after) = history
    definitions, book = "SELECT count(*) > 9 FROM metrics.definitions", "SELECT reason FROM metrics.vintages"
    revised = "SELECT metric, difference FROM metrics.revisions"
    assert asked(home, before, LISTS, definitions, book, revised) == [[], [(False,)], [], []]
    assert asked(
        home,
        between,
        LISTS,
        LISTS.replace("metrics.", "wh.metrics."),
        "SELECT lists FROM metrics.volume_monthly",
        definitions,
        book,
        revised,
    ) == [[(1, 1)], [(1, 1)], [(1,)], [(True,)], [("publication",)], []]
    assert asked(home, after, LISTS, revised) == [[(2, 2)], [("volume_daily.lists", 1)]]


def test_the_moment_of_publication_itself_sees_it(history):
    home, (_, between, _) = history
    [[(published_at,)]] = asked(home, between, "SELECT published_at FROM metrics.vintages")
    assert asked(home, published_at, LISTS) == [[(1, 1)]]
    assert asked(home, published_at - timedelta(microseconds=1), LISTS) == [[]]


BOOKS = (
    STORED,
    "SELECT business_date, kind, documents, files, first_document_at FROM ledger.coverage ORDER BY ALL",
    "SELECT names, rows_read, loaded_at FROM ledger.files ORDER BY ALL",
    "SELECT * FROM core.list_events ORDER BY ALL",
    "SELECT * FROM core.lists ORDER BY ALL",
    "SELECT * FROM documents.import_orders ORDER BY ALL",
)


@pytest.mark.long
def test_records_come_from_the_snapshot_of_then_or_are_made_again(history, tmp_path):
    original, (before, between, after) = history
    said = []
    wanted = asked(original, between, *BOOKS, said=said)
    assert wanted[0] == [("1", "accepted")]
    assert [len(each) for each in wanted] == [1, 3, 3, 1, 1, 1]
    assert len(said) == 1 and "snapshot" in said[0]
    assert asked(original, after, STORED) == [[("1", "accepted"), ("2", "accepted")]]

    home = Home(tmp_path / "home")
    shutil.copytree(original.path, home.path)
    with Lake.write(home) as lake:
        lake.con.execute(
            f"CALL ducklake_expire_snapshots('wh', older_than => TIMESTAMPTZ '{after} Asia/Shanghai')"
        )
        lake.con.execute("CALL ducklake_cleanup_old_files('wh', cleanup_all => true)")
    said = []
    assert asked(home, between, *BOOKS, LISTS, said=said) == [*wanted, [(1, 1)]]
    assert "no snapshot of then is kept" in said[0]
    assert any("linking 3 documents" in each for each in said)
    assert asked(home, before, STORED) == [[]]


def test_lists_made_again_bear_the_mark_of_then(empty_home, tmp_path):
    """A list that its file left out for a while: vanished meanwhile, neither before nor after."""
    home, marked = (
        Home(tmp_path / "home"),
        "SELECT order_no, vanished_at IS NOT NULL FROM core.lists ORDER BY 1",
    )
    shutil.copytree(empty_home.path, home.path)
    moments = []
    with Lake.write(home) as lake:
        for number, lists in enumerate(("12", "1", "21", "123")):
            stage = Stage(home, f"r{number}")
            stage.file("CEB621_20261111_001.xml", "CEB621", [import_list(each) for each in lists])
            stage.commit(lake, clock())
            if linking.gather(lake, ZONE):
                link_lists(lake)
            time.sleep(0.01)
            moments.append(clock())
    wanted = [[("1", False), ("2", gone)] for gone in (False, True, False)]
    assert [asked(home, each, marked)[0] for each in moments[:3]] == wanted
    with Lake.write(home) as lake:
        lake.con.execute(
            f"CALL ducklake_expire_snapshots('wh', older_than => TIMESTAMPTZ '{moments[2]} Asia/Shanghai')"
        )
    said: list[str] = []
    assert [asked(home, each, marked, said=said)[0] for each in moments[:3]] == wanted
    assert sum("no snapshot of then is kept" in each for each in said) == 3


def test_books_of_a_moment_without_snapshot_tell_their_rows_or_that_they_cannot(history):
    home, _ = history
    long_ago = datetime(2020, 1, 1)
    written = {
        "migrations": "applied_at",
        "pulled": "pulled_at",
        "checkpoints": "sealed_at",
        "maintenance": "at",
        "corrections": "applied_at",
        "findings": "batch_id",
    }
    questions = [f'SELECT max("{column}") FROM ledger.{table}' for table, column in written.items()]
    assert asked(home, long_ago, *questions) == [[(None,)]] * len(written)
    for table in ("ledger.repeated_rows", "core.enterprises", "ledger.touched_dates"):
        with pytest.raises(
            QueryFailedError, match=f"{table} as of 2020-01-01 00:00:00 is not kept: no snapshot"
        ):
            asked(home, long_ago, f"SELECT zone FROM {table}")


def test_a_gap_between_the_snapshots_is_not_taken_for_what_stood_then(history, tmp_path):
    original, (_, between, _) = history
    home = Home(tmp_path / "home")
    shutil.copytree(original.path, home.path)
    with attached(home, asof.LAKE) as con:
        stood = asof.snapshot_of(con, between)
        assert stood is not None
    with Lake.write(home) as lake:
        lake.con.execute(f"CALL ducklake_expire_snapshots('wh', versions => [{stood}, {stood + 1}])")
    with attached(home, asof.LAKE) as con:
        assert asof.snapshot_of(con, between) is None


def test_the_past_can_only_be_read(history):
    home, (_, between, _) = history
    with asof.standing(home, between, "core lists", link, lambda _: None) as con:
        for question in ("DELETE FROM vintages.published", "SELECT * FROM read_text('/etc/passwd')"):
            with pytest.raises(QueryRefusedError):
                query.ask(con, question)
        with pytest.raises(QueryFailedError, match="no_such"):
            query.ask(con, "SELECT no_such FROM core.lists")
    assert not list(home.scratch.glob("asof-*")), "nothing is left behind"
