"""A quarantined row mended: what dates it."""

from datetime import date

import polars as pl
import pytest

from sources.contracts import CONTRACTS
from sources.privacy import digester
from sources.readers.batch import Batch
from sources.readers.stage import Context, stage
from sources.templates import TEMPLATES
from warehouse.mending import mended

KEY = b"a key for tests"
PAYMENT = CONTRACTS["CEB411"]
SHEET = next(each for each in TEMPLATES if each.name == "payment_import")


def row(*, of_sheet: bool, **fields: str) -> pl.DataFrame:
    """A payment as the reader stages it, from a message or from the payments' sheet."""
    head = pl.DataFrame({"row_no": [1], "line_no": [2], **{name: [text] for name, text in fields.items()}})
    context = (
        Context("h", digester(KEY), SHEET.undated, SHEET.dated_by)
        if of_sheet
        else Context("h", digester(KEY))
    )
    return stage(Batch(PAYMENT, head), context)


@pytest.mark.parametrize(
    ("of_sheet", "before", "overrides", "day"),
    [
        (True, {"payTime": "20261111080000"}, {"orderNo": "O1"}, 11),
        (True, {"payTime": "2026111108"}, {"payTime": "20261112080000"}, 12),
        (True, {"payTime": "20261111080000"}, {"payTime": "20261112080000"}, 12),
        (
            True,
            {"payTime": "20261111080000"},
            {"appTime": "20261113080000"},
            11,
        ),  # its sheet is dated by payTime
        (True, {"payTime": "2026111108"}, {"appTime": "20261113080000"}, 13),
        (False, {"appTime": "2026111108", "payTime": "20261111080000"}, {"appTime": "20261113080000"}, 13),
        (False, {"appTime": "20261111080000"}, {"payTime": "20261112080000"}, 11),
    ],
)
def test_the_day_of_a_mended_row(
    of_sheet: bool, before: dict[str, str], overrides: dict[str, str], day: int
) -> None:
    after = mended(row(of_sheet=of_sheet, **before), PAYMENT, overrides, KEY)
    assert after["business_date"].to_list() == [date(2026, 11, day)]
