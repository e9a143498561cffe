"""All faults at once, day by day: refused files, quarantined rows and figures are those of truth.json."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from day_runs import KEYS, differences, expected, load_truth, published, run_stages, snapshot

from sources.contracts.gate import GATE_MESSAGES
from sources.simulator import FAULTS, simulate
from sources.zone import Zone
from warehouse import Home, Lake

ZONE, START, END, LISTS, RATE = "zhengzhou", date(2025, 3, 4), date(2025, 3, 5), 120, 0.03


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("csv", marks=pytest.mark.ci),
        *(pytest.param(each, marks=pytest.mark.long) for each in ("parquet", "jsonl", "xml")),
    ],
)
def test_what_is_wrong_is_found_and_nothing_else(form: str, tmp_path: Path, home: Home) -> None:
    extracts = tmp_path / "extracts"
    simulate(extracts, Zone.load(ZONE), START, END, LISTS, 7, form, dict.fromkeys(FAULTS, RATE))
    truth = load_truth(extracts)

    for day in (START, END):
        run_stages(home.path, ZONE, day, extracts / day.isoformat())
    before = snapshot(home.path)
    run_stages(home.path, ZONE, END, extracts / END.isoformat())
    assert snapshot(home.path) == before, "a second run commits nothing"

    with Lake.read(home) as lake:
        refused = {
            name
            for (names,) in lake.con.execute(
                "SELECT names FROM wh.ledger.files WHERE status = 'refused'"
            ).fetchall()
            for name in names
        }
        # A version is superseded only if a newer one was there when it came: the truth has all files at once.
        counts = {
            kind: dict(zip(("read", "versions", "duplicate", "quarantined"), map(int, row), strict=True))
            for kind, *row in lake.con.execute(
                "SELECT kind, sum(rows_read), sum(rows_accepted + rows_superseded), sum(rows_duplicate), "
                "sum(rows_quarantined) FROM wh.ledger.files WHERE status = 'loaded' GROUP BY kind"
            ).fetchall()
        }
        quarantined = Counter(
            kind for (kind,) in lake.con.execute("SELECT kind FROM wh.quarantine.rows").fetchall()
        )
    assert {Path(name).name for name in refused} == {
        Path(each["path"]).name for each in truth["files"] if each["refused"]
    }
    assert quarantined == Counter(each["kind"] for each in truth["quarantined"])
    told = {
        kind: {
            "read": row["read"],
            "versions": row["accepted"] + row["superseded"],
            "duplicate": row["duplicate"],
            "quarantined": row["quarantined"],
        }
        for kind, row in truth["documents"].items()
        if row["read"]
    }
    if (
        form == "xml"
    ):  # a gate message is a file of its own: delivered again it has the same bytes, never read twice
        for kind in [each.kind for each in GATE_MESSAGES if each.kind in told]:
            told[kind] = told[kind] | {"read": told[kind]["read"] - told[kind]["duplicate"], "duplicate": 0}
    assert counts == told
    for table in KEYS:
        assert differences(published(home.path, table), expected(truth, table)) == []
