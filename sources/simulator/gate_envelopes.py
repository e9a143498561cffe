"""Gate messages in XML: each in its own envelope, spelled as the bonded-zone system spells them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sources.contracts import CONTRACTS
from sources.simulator.texts import heads

GATE = ("INV101", "INV201", "SAS121", "SAS221", "SAS223")
_RESULT = ("etpsPreentNo", "businessId", "manageResult", "manageDate")
#: Where the envelope carries it, not the body.
_ENVELOPE = ("messageId", "sendTime")


def gate_message(frame: pl.DataFrame, kind: str) -> str:
    """One gate message with its envelope; the frame holds one document."""
    if len(frame) != 1:
        raise ValueError(f"{kind}: a gate message holds one document, not {len(frame)}")
    request = kind in ("INV101", "SAS121")
    row = heads(frame, kind, "%Y-%m-%dT%H:%M:%S" if request else "%Y-%m-%d %H:%M:%S").row(0, named=True)
    body = _request(frame, kind, row) if request else _receipt(kind, row)
    sent = row["sendTime"].replace(" ", "T") if row.get("sendTime") else None
    time = f"<send_time>{sent}</send_time>" if sent else ""
    envelope = (
        f"<EnvelopInfo><version>1.0</version><message_id>{row['messageId']}</message_id>"
        f"<file_name>{row['messageId']}.zip</file_name><message_type>{kind}</message_type>"
        f"<sender_id>DXPENT0000000001</sender_id><receiver_id>DXPEDCSAS0000001</receiver_id>{time}</EnvelopInfo>"
    )
    data = f"<DataInfo><BussinessData>{body}</BussinessData></DataInfo>"
    package = f"<Package>{envelope}{data}</Package>"
    if not request:
        return package + "\n"
    return (
        '<Signature xmlns:sas="http://www.chinaport.gov.cn/sas"><SignedInfo/><SignatureValue/>'
        f'<Object Id="String">{package}</Object></Signature>\n'
    )


def _element(name: str, value: str | None) -> str:
    return f"<{name}>{value}</{name}>" if value else f"<{name}/>"


def _elements(row: dict[str, str | None], names: Sequence[str]) -> str:
    return "".join(_element(name, row[name]) for name in names)


def _request(frame: pl.DataFrame, kind: str, row: dict[str, str | None]) -> str:
    """Requests spell their elements in upper camel case."""
    contract = CONTRACTS[kind]
    head = "".join(
        _element(each.name[0].upper() + each.name[1:], row[each.name])
        for each in contract.fields
        if each.name not in _ENVELOPE
    )
    bills = ""
    if contract.items:
        numbers = frame.get_column("items").explode().struct.field("cbecBillNo").to_list()
        bills = "".join(f"<InvtCbecBill><CbecBillNo>{each}</CbecBillNo></InvtCbecBill>" for each in numbers)
    return f"<{contract.node}><{contract.head}>{head}</{contract.head}>{bills}</{contract.node}>"


def _receipt(kind: str, row: dict[str, str | None]) -> str:
    """Receipts hold the result of the audit and, beside it, the document itself."""
    own = [each for each in row if each not in _ENVELOPE and each not in _RESULT]
    result = [each for each in _RESULT if each in row]
    inner = {"INV201": "BondInvtBsc", "SAS221": None, "SAS223": "SasPassportBsc"}[kind]
    body = f"<{inner}>{_elements(row, own)}</{inner}>" if inner else ""
    return f"<{kind}><HdeApprResult>{_elements(row, result)}</HdeApprResult>{body}</{kind}>"
