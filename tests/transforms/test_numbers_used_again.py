"""A carrier uses a waybill number again after six months: each list keeps the parcel of its own days."""

import polars as pl
import pytest
from drawn_tables import documents, expect, rates
from polars.testing import assert_frame_equal

from transforms.links import near
from transforms.lists import build
from transforms.reconciliation import orphans

#: 200 days between the two lists of W1; a third parcel of that number lies between them, of no list at all.
TABLES = {
    "import_lists": """
        guid | app_type | app_at     | business_date | order_no | ebc_code | logistics_code | logistics_no
        G1   | 1        | 08:00      | 2026-11-11    | O1       | E        | L              | W1
        G2   | 1        | +200 08:00 | 2027-05-30    | O2       | E        | L              | W1
        """,
    "import_waybills": """
        app_type | app_at     | business_date | logistics_code | logistics_no
        1        | 07:30      | 2026-11-11    | L              | W1
        1        | +100 07:30 | 2027-02-19    | L              | W1
        1        | +200 07:40 | 2027-05-30    | L              | W1
        """,
    "waybill_statuses": """
        app_type | app_at     | business_date | logistics_code | logistics_no | logistics_status | logistics_at
        1        | +2 09:00   | 2026-11-13    | L              | W1           | S                | +2 08:00
        1        | +203 09:00 | 2027-06-02    | L              | W1           | S                | +203 08:00
        """,
    "inbound_details": """
        guid | app_type | app_at     | business_date | customs_code | cop_no | logistics_code | item_logistics_no
        R1   | 1        | 06:00      | 2026-11-11    | 4604         | C1     | L              | W1
        R2   | 1        | +200 06:10 | 2027-05-30    | 4604         | C2     | L              | W1
        """,
}
WANTED = """
order_no | waybill_app_at | signed_at  | arrived_at
O1       | 07:30          | +2 08:00   | 06:00
O2       | +200 07:40     | +203 08:00 | +200 06:10
"""


def test_each_list_has_the_parcel_of_its_own_days():
    expect(build(documents(**TABLES), rates()).lists, WANTED)


def test_a_parcel_far_from_every_list_of_its_number_has_none():
    """Newer versions count first: of the three parcels of the number only that between the lists is told here."""
    between = "\n".join(TABLES["import_waybills"].strip().splitlines()[:3:2])
    given = documents(**{**TABLES, "import_waybills": between})
    found = orphans(given, build(given, rates()).lists, rates()).collect()
    assert found.select("subject", "business_key").rows() == [("import_waybills", "L|W1")]
    one_list = {**TABLES, "import_lists": "\n".join(TABLES["import_lists"].strip().splitlines()[:2])}
    given = documents(**{**one_list, "import_waybills": TABLES["import_waybills"]})
    found = orphans(given, build(given, rates()).lists, rates()).collect().sort("subject")
    assert found["subject"].to_list() == ["import_waybills", "inbound_details"]


@pytest.mark.parametrize(("apart", "wanted"), [(0, True), (60, True), (61, False), (-60, True), (-61, False)])
def test_near_is_sixty_days(apart: int, wanted: bool):
    days = pl.LazyFrame({"one": [20_000, None], "other": [20_000 + apart, 20_000]})
    assert days.select(near("one", "other")).collect().to_series().to_list() == [wanted, True]


@pytest.mark.parametrize("line", [1, -1])
def test_a_list_alone_is_linked_as_beside_the_other(line: int):
    """However the files are cut into runs: the first or the last document of each kind, loaded by itself."""
    whole = build(documents(**TABLES), rates()).lists.collect()
    drawn = {name: table.strip().splitlines() for name, table in TABLES.items()}
    alone = documents(**{name: "\n".join([lines[0], lines[line]]) for name, lines in drawn.items()})
    columns = ["order_no", "waybill_app_at", "signed_at", "arrived_at"]
    number = "O1" if line == 1 else "O2"
    assert_frame_equal(
        build(alone, rates()).lists.select(columns).collect(),
        whole.filter(order_no=number).select(columns),
    )
