"""Releasing quarantined rows: real CSV in landing, real reader, a plain stand-in for the gate."""

from datetime import date, datetime

import polars as pl
import pytest
from staged_runs import LOADED

from sources.readers import read_files
from sources.staging import load_landed, load_outcomes, save
from transforms.families import figures, timeliness
from transforms.stated import Stated
from warehouse import Home, Lake, documents, landing, measuring, quarantine
from warehouse.errors import ReleaseError

KEY = b"0123456789abcdef"
LATER = datetime(2026, 11, 13, 1)
CSV = """messageType,guid,appType,appTime,appStatus,orderNo,ebpCode,ebcCode,acturalPaid,buyerName,itemName,totalPrice
CEB311,g1,1,20261111080000,2,N1,EBP1,EBC1,100.00,Li,milk,100.00
CEB311,g2,1,20261111080000,2,N2,,EBC1,50.00,Wu,milk,50.00
CEB311,g3,1,20261111080000,2,N3,EBP1,EBC1,x12,Ma,milk,12.00
"""


def gate(con, folder):
    """Rejects rows without platform code (K1) and values that do not parse (P1)."""
    rejected = []
    for outcome in load_outcomes(folder / "outcomes.json"):
        for row in pl.read_parquet(outcome.part).to_dicts():
            rules = sorted({each["rule"] for each in row["findings"]} & {"P1"}) + ["K1"] * (
                row["ebp_code"] is None
            )
            if rules:
                rejected.append((outcome.kind, outcome.file_hash, row["row_no"], rules))
    text = pl.String()
    schema = {"kind": text, "file_hash": text, "row_no": pl.Int64(), "rules": pl.List(text)}
    pl.DataFrame(rejected, schema=schema, orient="row").write_parquet(folder / "rejected.parquet")
    names = ["kind", "rule", "severity", "file_hash", "row_no", "line_no", "business_key", "field", "detail"]
    found = {name: pl.Int64() if name.endswith("_no") else text for name in names}
    pl.DataFrame(schema=found).write_parquet(folder / "findings.parquet")
    (folder / "validations.json").write_text("[]")


@pytest.fixture
def lake(home: Home, tmp_path):
    with Lake.write(home) as lake:
        take_in(lake, home, tmp_path / "orders.csv", CSV, "r1")
        yield lake


def take_in(lake, home, path, text, run_id):
    """Land, read, check and commit a file of this text."""
    path.write_text(text)
    run = home.staging / run_id
    run.mkdir()
    landed = landing.land(home, [path], "inbox", lake, zone="zhengzhou")
    save(landed, run / "landed.json")
    save(read_files(load_landed(run / "landed.json"), run / "parts", KEY), run / "outcomes.json")
    gate(lake.con, run)
    documents.commit(lake, home, "zhengzhou", run_id, run, LOADED)


def apply(lake, home, run="r2"):
    folder = home.staging / run
    folder.mkdir()
    return quarantine.apply_releases(lake, home, "zhengzhou", folder, KEY, check=gate, run_id=run, at=LATER)


def counts(lake):
    columns = (
        "rows_accepted, rows_quarantined, amount_total, amount_accepted, amount_quarantined, amount_mended"
    )
    [row] = lake.con.execute(f"SELECT {columns} FROM wh.ledger.files").fetchall()
    return tuple(int(each) for each in row)


def test_a_mended_row_moves_to_accepted_and_the_file_still_adds_up(home, lake):
    assert counts(lake) == (1, 2, 150, 100, 50, 0)
    rows = quarantine.list_rows(lake, "zhengzhou")
    assert [(row["rules"], row["business_key"], row["file"], row["line_no"]) for row in rows] == [
        (["K1"], "N2", "orders.csv", 3),
        (["P1"], "EBP1|N3", "orders.csv", 4),
    ]
    for row, fields in zip(rows, ({"ebpCode": "EBP1"}, {"acturalPaid": "12"}), strict=True):
        quarantine.release(lake, row["quarantine_id"], fields, reason="phoned", by="ops", at=LATER)
    assert apply(lake, home) == 2
    assert counts(lake) == (3, 0, 150, 162, 0, 12)
    stored = "SELECT order_no, ebp_code, actural_paid::INT, business_date::VARCHAR FROM wh.documents.import_orders ORDER BY 1"
    assert lake.con.execute(stored).fetchall() == [
        ("N1", "EBP1", 100, "2026-11-11"),
        ("N2", "EBP1", 50, "2026-11-11"),
        ("N3", "EBP1", 12, "2026-11-11"),
    ]
    assert [row["status"] for row in quarantine.list_rows(lake, status=None)] == ["accepted", "accepted"]
    assert lake.con.execute("SELECT documents, files FROM wh.ledger.coverage").fetchall() == [(3, 1)]
    shown = quarantine.show(lake, rows[0]["quarantine_id"])
    assert shown["record"]["order_no"] == "N2"
    assert [(each["outcome"], each["reason"], each["released_by"]) for each in shown["releases"]] == [
        ("accepted", "phoned", "ops")
    ]
    snapshot = lake.snapshot()
    assert apply(lake, home, "r3") == 0, "nothing pending"
    assert lake.snapshot() == snapshot


def test_a_row_that_fails_again_stays_open_with_its_new_reasons(home, lake):
    broken = quarantine.list_rows(lake, rule="P1")[0]["quarantine_id"]
    quarantine.release(lake, broken, {"acturalPaid": "12", "ebpCode": ""}, reason="try", by="ops", at=LATER)
    assert apply(lake, home) == 0
    [row] = quarantine.list_rows(lake, rule="K1", status="open")[-1:]
    assert (row["quarantine_id"], row["rules"], row["status"]) == (broken, ["K1"], "open")
    assert counts(lake) == (1, 2, 150, 100, 50, 0)
    assert quarantine.show(lake, broken)["releases"][0]["outcome"] == "quarantined"


@pytest.mark.parametrize(("mended", "outcome"), [("appTime", "accepted"), ("nothing", "duplicate")])
def test_a_row_that_leaves_quarantine_restates_the_day_on_which_it_was_rejected(
    home, lake, tmp_path, mended, outcome
):
    """Accepted on another day, or told by another file meanwhile: of its own day only `rejected` changes."""
    day = date(2026, 11, 11)

    def rejected():
        with measuring.inputs(lake, "zhengzhou", day, [day], pl.LazyFrame(), Stated()) as inputs:
            (rows,) = figures([timeliness.FAMILY], inputs).values()
        return rows.filter(kind="CEB311")["rejected"].to_list()

    lake.con.execute(
        "INSERT INTO wh.vintages.published (zone, business_date, vintage) VALUES ('zhengzhou', DATE '2026-11-11', 1)"
    )
    fields = {"ebpCode": "EBP1"}
    if mended == "appTime":
        fields["appTime"] = "20261121080000"
    else:
        head, _, row, _ = CSV.splitlines()
        take_in(lake, home, tmp_path / "again.csv", f"{head}\n{row.replace(',,', ',EBP1,')}\n", "again")
    assert rejected() == [2]
    lake.con.execute("DELETE FROM wh.ledger.touched_dates")
    [broken] = quarantine.list_rows(lake, rule="K1")
    quarantine.release(lake, broken["quarantine_id"], fields, reason="phoned", by="ops", at=LATER)
    apply(lake, home)
    assert quarantine.show(lake, broken["quarantine_id"])["releases"][0]["outcome"] == outcome
    assert rejected() == [1]
    assert lake.con.execute("SELECT business_date FROM wh.ledger.touched_dates").fetchall() == [(day,)]


def test_releases_that_cannot_work_are_refused_with_a_reason(lake):
    open_row = quarantine.list_rows(lake)[0]["quarantine_id"]
    told = {"reason": "r", "by": "ops", "at": LATER}
    for fields, message in (
        ({"nonsense": "1"}, "no head field nonsense"),
        ({"buyerName": "Li"}, "personal"),
        ({"appTime": "yesterday"}, "is not a time"),
    ):
        with pytest.raises(ReleaseError, match=message):
            quarantine.release(lake, open_row, fields, **told)
    with pytest.raises(ReleaseError, match="no quarantined row"):
        quarantine.release(lake, "abc-1", {}, **told)
    with pytest.raises(ReleaseError, match="reason"):
        quarantine.release(lake, open_row, {}, reason=" ", by="ops", at=LATER)
    quarantine.release(lake, open_row, {"ebpCode": "E"}, **told)
    with pytest.raises(ReleaseError, match="released, not open"):
        quarantine.release(lake, open_row, {"ebpCode": "E"}, **told)
