"""Real, pseudonymised messages through the whole day (uv run pytest -m samples, where ../shared/samples exists)."""

from datetime import date
from pathlib import Path

import pytest
from day_runs import run_stages

from warehouse import Home, Lake

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
FOLDERS = sorted(each.name for each in SAMPLES.iterdir() if each.is_dir()) if SAMPLES.is_dir() else []
#: Violations known from the rules' own page: folder -> (kind, rule, part of the business key).
KNOWN = {
    "import_bonded_1210": [("CEB311", "A1", "0378620190410214333279217")],
    "platform_runs_xian": [("CEB311", "A1", "61589616545615165423499")],
    "excel_templates_as_csv": [("CEB411", "P1", "payment1234561")],
    "export": [("CEB603", "M3", "order2018050711340001")],
}

pytestmark = [pytest.mark.samples, pytest.mark.skipif(not FOLDERS, reason="no ../shared/samples here")]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_sample_is_read_completely_or_refused_with_its_reason(folder: str, tmp_path: Path) -> None:
    run_stages(tmp_path / "home", "zhengzhou", date(2018, 8, 9), SAMPLES / folder)
    with Lake.read(Home(tmp_path / "home")) as lake:
        files = lake.con.execute(
            "SELECT names[1], status, rows_read, rows_accepted + rows_duplicate + rows_superseded + rows_quarantined, "
            "first_error FROM wh.ledger.files"
        ).fetchall()
        found = lake.con.execute(
            "SELECT DISTINCT kind, rule, business_key FROM wh.ledger.findings"
        ).fetchall()
    assert len(files) <= sum(each.is_file() for each in (SAMPLES / folder).rglob("*"))
    for name, status, read, accounted, error in files:
        assert read == accounted, name
        assert status == "loaded" and read > 0 if status != "refused" else error, name
    for kind, rule, key in KNOWN.get(folder, []):
        assert any(each[0] == kind and each[1] == rule and key in (each[2] or "") for each in found), (
            kind,
            rule,
        )
