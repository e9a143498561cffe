"""XML: which message a file holds, out of its envelopes, and its documents."""

from __future__ import annotations

from pathlib import Path

from sources.contracts import CONTRACTS, Contract
from sources.readers.reading import Reading
from sources.readers.refusal import Refused
from sources.readers.xml_source import XmlSource
from sources.readers.xml_walk import Walk

CEB = "http://www.chinaport.gov.cn/ceb"
_BY_ROOT: dict[str, Contract] = {each.root: each for each in CONTRACTS.values() if each.namespace == CEB}


def read(path: Path) -> Reading:
    """The documents of an XML file."""
    return _message(XmlSource(path=path))


def _message(source: XmlSource) -> Reading:
    root = source.root
    contract = _BY_ROOT.get(root.local)
    if contract is not None and root.namespace == CEB:
        walk = Walk(source, contract)
        reading = Reading("xml", contract, iter(()), unknown=walk.unknown)
        reading.batches = walk.batches()
        return reading
    raise Refused("F4", f"{root.local} is not a message that is read")
