"""The gate of the bonded zone: verification lists, release slips and passages of vehicles.

list invtNo = cbecBillNo of INV101; its receipt INV201 gives bondInvtNo, which is rltNo of the slip
(SAS121), of its receipt (SAS221) and of the passage (SAS223).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sources.simulator.chance import Ints
from sources.simulator.columns import Batch, Columns, Value, batch, lines, only
from sources.simulator.groups import passage
from sources.simulator.text import codes, decimals, digits, fixed, moments, nested, taken
from sources.simulator.world import MINUTE, SECOND


def gate_messages(c: Columns) -> Iterator[Batch]:
    """All gate messages of a day's bonded lists."""
    groups = c.gate
    assert groups is not None
    if not len(groups):
        return
    number = np.arange(len(groups), dtype=np.int64)
    facts = {"group": c.first_vehicle + number}
    warehouse = c.lists.seller[groups.first_member] % len(c.people.warehouses)
    place = codes(c.lists.offices, groups.office)
    office, firm = taken(c.lists.offices, groups.office), c.people.warehouses.code(warehouse)
    year = c.date[2:4]
    serial = (c.lists.day.timetuple().tm_yday - 1) * 2_000_000 + number
    bond = fixed("QD", place, year + "I", digits(serial, 9))
    account = fixed("T", place, "W", digits(warehouse + 1, 6))
    inner = fixed("HZQD", place, c.date, digits(number, 6))
    slip = fixed("HFD", place, c.date, digits(number, 6))
    passport = fixed("Z", place, "I" + c.date[2:], digits(number, 12))

    def after(draw: str, at: Ints, low: int, high: int) -> Ints:
        return at + c.chance.between(draw, groups.ids, low, high) * SECOND

    listed = groups.at
    audited = after("audited", listed, 60, 300)
    asked = after("slip", audited, 300, 900)
    granted = after("granted", asked, 20, 120)
    passed = np.maximum(passage(c.lists, groups), granted + MINUTE)
    passed_twice = after("passed twice", passed, 180, 480)
    told = after("passage told", passed_twice, 1, 30)
    gross = np.add.reduceat(c.lists.gross_grams[groups.members], _starts(groups.counts))
    net = np.add.reduceat(c.lists.net_grams[groups.members], _starts(groups.counts))
    weights: dict[str, Value] = {"totalGrossWt": decimals(gross * 100), "totalNetWt": decimals(net * 100)}
    bills = nested(
        lines("INV101", len(groups.members), {"cbecBillNo": c.invt_no.gather(groups.members)}), groups.counts
    )
    verification: dict[str, Value] = {
        "etpsInnerInvtNo": inner,
        "putrecNo": account,
        "bizopEtpsno": firm,
        "dclEtpsno": firm,
        "invtDclTime": moments(listed),
        "impexpPortcd": office,
        "dclPlcCuscd": office,
        "impexpMarkcd": "E",
        "supvModecd": "1210",
        "invtType": "8",
        "messageId": inner,
        "sendTime": moments(listed),
        "items": bills,
    }
    yield batch("INV101", listed, verification, **facts)
    receipt: dict[str, Value] = {
        **only(verification, "etpsInnerInvtNo", "putrecNo", "invtDclTime"),
        "etpsPreentNo": inner,
        "businessId": bond,
        "manageResult": "1",
        "manageDate": moments(audited),
        "bondInvtNo": bond,
        "prevdTime": moments(audited),
        "invtIochkptStucd": "1",
        "messageId": fixed("CUS0000E010000", digits(serial, 10), "1"),
    }
    yield batch("INV201", audited, receipt, **facts)
    release: dict[str, Value] = {
        **weights,
        "etpsPreentNo": slip,
        "masterCuscd": office,
        "ioTypecd": "E",
        "rltTbTypecd": "1",
        "rltNo": bond,
        "areainEtpsno": firm,
        "vehicleNo": fixed("豫A", digits(number % 90_000 + 10_000, 5)),
        "dclErConc": c.people.name_of(groups.ids),
        "dclEtpsno": firm,
        "messageId": slip,
        "sendTime": moments(asked),
    }
    yield batch("SAS121", asked, release, **facts)
    audit: dict[str, Value] = {
        **only(release, "etpsPreentNo"),
        "businessId": passport,
        "manageResult": "1",
        "manageDate": moments(granted),
        "messageId": fixed("CUS0000E010000", digits(serial, 10), "2"),
    }
    yield batch("SAS221", granted, audit, **facts)
    gone: dict[str, Value] = {
        **weights,
        **only(
            release,
            "masterCuscd",
            "ioTypecd",
            "rltTbTypecd",
            "rltNo",
            "areainEtpsno",
            "vehicleNo",
            "dclErConc",
        ),
        "passportNo": passport,
        "dclTime": moments(asked),
        "passTime": moments(passed),
        "secdPassTime": moments(passed_twice),
        "manageResult": "1",
        "manageDate": moments(told),
        "messageId": fixed("CUS0000E010000", digits(serial, 10), "3"),
    }
    yield batch("SAS223", told, gone, **facts, passed=passed, passed_twice=passed_twice)


def _starts(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
