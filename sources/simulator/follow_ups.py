"""What enterprises ask for afterwards: cancellations before the release, returns after it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sources.simulator.chance import Ints
from sources.simulator.columns import Batch, Columns, Value, batch, lines, numbers, only, picked
from sources.simulator.import_documents import REQUEST
from sources.simulator.text import moments, money, nested, taken
from sources.simulator.world import HOUR, SECOND

_REASONS = ("买家取消", "重复下单", "申报信息有误")
_BACK = ("七天无理由退货", "商品质量问题")
_ANSWERS = {"2": "新增申报成功", "120": "海关入库", "399": "海关审结", "800": "[Code:2600;Desc:放行]"}


def cancellations(c: Columns) -> Iterator[Batch]:
    """Lists withdrawn before their release, and what customs answers: declared, accepted, settled."""
    which = np.flatnonzero(c.course.cancelled >= 0)
    at = c.course.cancelled[which]
    imports = c.letter == "I"
    kind, answer = ("CEB623", "CEB624") if imports else ("CEB605", "CEB606")
    values = _common(c, which, kind, at)
    values |= {"reason": taken(_REASONS, c.chance.below("reason", c.lists.ids[which], len(_REASONS)))}
    made = batch(kind, at, values, list=c.number[which])
    yield made
    yield from _answers(c, made, answer, which, (("2", 2, 9), ("120", 12, 60), ("399", 900, 7200)))


def returns(c: Columns) -> Iterator[Batch]:
    """Imported goods that come back: the first goods line of the list, settled some hours later."""
    which = np.flatnonzero(c.returned_at >= 0)
    at = c.returned_at[which] - 8 * HOUR
    items = c.lists.items
    first = np.flatnonzero(items.gnum == 1)[which]
    rows = lines(
        "CEB625",
        len(which),
        {
            "gnum": numbers(np.ones_like(at)),
            "gcode": c.product("gcode").gather(first),
            "gname": c.product("name").gather(first),
            "qty": money(items.qty[first] * 100),
            "unit": c.product("unit").gather(first),
        },
    )
    values = _common(c, which, "CEB625", at)
    values |= {
        "reason": taken(_BACK, c.chance.below("back", c.lists.ids[which], len(_BACK))),
        "items": nested(rows, np.ones_like(at)),
    }
    made = batch("CEB625", at, values, list=c.number[which])
    yield made
    yield from _answers(
        c, made, "CEB626", which, (("2", 2, 9), ("399", 3600, 10_800), ("800", 14_400, 25_000))
    )


def _common(c: Columns, which: Ints, kind: str, at: Ints) -> dict[str, Value]:
    """Columns of a request about lists that have been accepted."""
    values: dict[str, Value] = {
        **REQUEST,
        **picked({**c.trade, **c.carriage, **c.agent}, which),
        "guid": c.guid(kind, c.lists.ids[which]),
        "appTime": moments(at),
        "customsCode": c.office.gather(which),
        "orderNo": c.order_no.gather(which),
        "copNo": c.cop_no.gather(which),
        "preNo": c.pre_no_of(which, c.course.again[which].astype(np.int64)),
        "invtNo": c.invt_no.gather(which),
    }
    if c.letter == "I":
        values |= {
            "buyerIdType": "1",
            "buyerIdNumber": c.buyer_id.gather(which),
            "buyerName": c.buyer_name.gather(which),
            "buyerTelephone": c.buyer_phone.gather(which),
        }
    return values


def _answers(
    c: Columns, asked: Batch, kind: str, which: Ints, steps: tuple[tuple[str, int, int], ...]
) -> Iterator[Batch]:
    """One receipt a step, each so many seconds after the request."""
    shared = only(
        {name: asked.frame.get_column(name) for name in asked.frame.columns},
        *(name for name in asked.frame.columns if name != "items"),
    )
    for status, low, high in steps:
        draw = f"answer {kind} {status}"
        at = asked.at + c.chance.between(draw, c.lists.ids[which], low * SECOND, high * SECOND)
        values: dict[str, Value] = {
            **shared,
            "returnStatus": status,
            "returnTime": moments(at),
            "returnInfo": _ANSWERS[status],
        }
        facts = {"list": c.number[which], "status": np.full(len(at), int(status), dtype=np.int64), "at": at}
        yield batch(kind, at, values, **facts)
