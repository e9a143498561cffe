"""Documents as CEB messages: requests with the prefix `ceb:`, receipts in the default namespace.

Gate messages have an envelope of their own that bears one message id and time: one document a file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from sources.contracts import CONTRACTS, Contract, Field
from sources.simulator.gate_envelopes import GATE, gate_message
from sources.simulator.texts import heads, items

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def write_xml(frame: pl.DataFrame, kind: str, path: Path) -> None:
    """All documents of the frame in one message."""
    contract = CONTRACTS[kind]
    if kind in GATE:
        path.write_text(_DECLARATION + gate_message(frame, kind), encoding="utf-8", newline="")
        return
    prefix = "" if contract.answers or "returnTime" in (each.name for each in contract.fields) else "ceb:"
    path.write_text("".join(_pieces(frame, contract, prefix)), encoding="utf-8", newline="")


def _pieces(frame: pl.DataFrame, contract: Contract, prefix: str) -> list[str]:
    texts = heads(frame, contract.kind).lazy()
    guid = _message_id(frame, contract.kind)
    space = f'xmlns{":ceb" if prefix else ""}="{contract.namespace}"'
    parts = [*_elements(contract.fields, prefix)]
    if contract.head:
        parts = [pl.lit(f"<{prefix}{contract.head}>"), *parts, pl.lit(f"</{prefix}{contract.head}>")]
    if contract.items:
        goods, counts = items(frame, contract.kind)
        node = f"{prefix}{contract.items_node}"
        rows = goods.select(
            pl.concat_str([pl.lit(f"<{node}>"), *_elements(contract.items, prefix), pl.lit(f"</{node}>")])
        ).to_series()
        owner = pl.select(pl.int_range(len(counts), dtype=pl.UInt32).repeat_by(counts).explode()).to_series()
        joined = (
            pl.DataFrame({"owner": owner, "text": rows})
            .group_by("owner", maintain_order=True)
            .agg(pl.col("text").str.join(""))
            .get_column("text")
        )
        texts = texts.with_columns(joined.alias("items"))
        parts.append(pl.col("items"))
    node = f"{prefix}{contract.node}"
    whole = texts.select(pl.concat_str([pl.lit(f"<{node}>"), *parts, pl.lit(f"</{node}>\n")])).collect()
    return [
        _DECLARATION,
        f'<{prefix}{contract.root} guid="{guid}" version="1.0" {space}>\n',
        *whole.to_series().to_list(),
        _transfer() if prefix else "",
        f"</{prefix}{contract.root}>\n",
    ]


def _elements(fields: tuple[Field, ...], prefix: str) -> list[pl.Expr]:
    """`<name>value</name>` of each field, empty where it has none. Simulated texts need no escaping."""
    made = []
    for each in fields:
        name = prefix + (each.aliases[0] if each.name == "pod" else each.name)
        made += [pl.lit(f"<{name}>"), pl.col(each.name).fill_null(""), pl.lit(f"</{name}>")]
    return made


def _message_id(frame: pl.DataFrame, kind: str) -> str:
    """Id of the message, from what it holds."""
    told = f"{kind} {frame.get_column('_doc')[0]} {len(frame)} {frame.get_column('_at')[0]}"
    made = hashlib.sha256(told.encode()).hexdigest().upper()
    return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-A{made[17:20]}-{made[20:32]}"


def _transfer() -> str:
    return (
        "<ceb:BaseTransfer><ceb:copCode>4101900001</ceb:copCode><ceb:copName>通关模拟传输</ceb:copName>"
        "<ceb:dxpMode>DXP</ceb:dxpMode><ceb:dxpId>DXPENT0000000001</ceb:dxpId><ceb:note></ceb:note>"
        "</ceb:BaseTransfer>\n"
    )
