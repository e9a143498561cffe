"""XML: which message a file holds, out of its envelopes, and its documents."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path

from sources.contracts import CONTRACTS, Contract
from sources.readers import gate_messages, limits
from sources.readers.batch import Batch
from sources.readers.names import told
from sources.readers.reading import Reading
from sources.readers.refusal import RefusalError
from sources.readers.xml_columns import Columns, prove
from sources.readers.xml_source import Root, XmlSource
from sources.readers.xml_tree import parsed
from sources.readers.xml_walk import line as line_of

CEB = "http://www.chinaport.gov.cn/ceb"
DXP = "http://www.chinaport.gov.cn/dxp"
_BY_ROOT: dict[str, Contract] = {each.root: each for each in CONTRACTS.values() if each.namespace == CEB}
#: Envelopes whose `Data` holds the message in base64, by (namespace, root).
_ENVELOPES = frozenset({(DXP, "DxpMsg"), ("", "GzeportTransfer"), ("", "SzcportTransfer")})
#: Messages that are known and bear nothing Tongguan can count, with the reason.
_NOT_LOADED = {
    "CEB900Message": "a format-error receipt: it names no document that was accepted anywhere",
    "CommonResponeMessage": "a transport answer (the platform took the message); it names no document; "
    "what customs answered comes as INV201, SAS221 or SAS223",
    "CheckGoodsInfo": "a local picking message of one port without a contract; it is not part of the "
    "unified messages",
    "DTC_Message": "a local release slip of one port without a contract",
    "schema": "an XML schema, not a message",
}


def read(path: Path) -> Reading:
    """The documents of an XML file."""
    return _message(XmlSource(path=path), 0)


def _message(source: XmlSource, envelopes: int) -> Reading:
    root = source.root
    if (root.namespace, root.local) in _ENVELOPES:
        if envelopes >= limits.ENVELOPES:
            raise RefusalError(
                "F3", f"{source.where}more than {limits.ENVELOPES} envelopes around each other"
            )
        return _message(_payload(source, root), envelopes + 1)
    contract = _BY_ROOT.get(root.local)
    if contract is not None and root.namespace == CEB:
        return _ceb(source, contract)
    if root.local in ("Signature", "Package"):
        return gate_messages.read(source)
    raise RefusalError("F4", source.where + _unknown(root), root.line)


def _ceb(source: XmlSource, contract: Contract) -> Reading:
    prove(source)
    walk = Columns(source, contract)
    reading = Reading("xml", contract, iter(()), unknown=walk.unknown)

    def batches() -> Iterator[Batch]:
        yield from walk.batches()
        if not walk.documents:
            raise RefusalError(
                "F1",
                f"{source.where}a {contract.root} without any {contract.node}: it was cut off or "
                "filled wrongly; export it again",
            )

    reading.batches = batches()
    return reading


def _payload(source: XmlSource, root: Root) -> XmlSource:
    """The message in an envelope's `Data`."""
    tree = parsed(source)
    leaves = [each for each in tree.iter("{*}Data") if not len(each)]
    filled = [each for each in leaves if (each.text or "").strip()]
    if len(filled) > 1:
        raise RefusalError(
            "F1",
            f"{source.where}the envelope {root.local} has {len(filled)} payloads; send one message an envelope",
            line_of(filled[1]),
        )
    data = next(iter(filled or leaves), None)
    text = (data.text or "").strip() if data is not None else ""
    line = line_of(data) if data is not None else None
    if not text:
        raise RefusalError("F1", f"{source.where}the envelope {root.local} has no payload in Data", line)
    if "${" in text:
        raise RefusalError(
            "F1",
            f"{source.where}the envelope {root.local} is a template: its Data still holds a variable; "
            "send the message that was filled in",
            line,
        )
    try:
        payload = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusalError(
            "F1", f"{source.where}the payload of {root.local} is not base64; send the envelope again", line
        ) from error
    if not payload.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<"):
        raise RefusalError(
            "F4",
            f"{source.where}the payload of {root.local} is not XML (encrypted or packed?); "
            "send the message in clear base64",
            line,
        )
    return XmlSource(data=payload, where=f"{source.where}payload of {root.local}: ")


def _unknown(root: Root) -> str:
    reason = _NOT_LOADED.get(root.local)
    if reason is not None:
        return f"{root.local} is {reason}"
    if root.local in _BY_ROOT:
        return (
            f"{root.local} is not in the namespace {CEB}; "
            "messages are known by namespace: correct the message and send it again"
        )
    if root.namespace == CEB:
        return f"{told(root.local)} is a CEB message without a contract; see docs/add-a-document-kind.md"
    return f"the root element {told(root.local)} is no message that is read; see docs/data-dictionary.md"
