"""The contracts: every document kind Tongguan reads, by kind and by warehouse table."""

from sources.contracts.export_receipts import EXPORT_RECEIPTS
from sources.contracts.export_requests import EXPORT_REQUESTS
from sources.contracts.gate import GATE_MESSAGES
from sources.contracts.import_receipts import IMPORT_RECEIPTS
from sources.contracts.import_requests import IMPORT_REQUESTS
from sources.contracts.model import MASKED, Contract, Field, Personal, Type

__all__ = ["CONTRACTS", "CONTRACTS_BY_TABLE", "MASKED", "Contract", "Field", "Personal", "Type"]

CONTRACTS: dict[str, Contract] = {
    each.kind: each
    for each in (
        *IMPORT_REQUESTS,
        *IMPORT_RECEIPTS,
        *EXPORT_REQUESTS,
        *EXPORT_RECEIPTS,
        *GATE_MESSAGES,
    )
}
CONTRACTS_BY_TABLE: dict[str, Contract] = {each.table: each for each in CONTRACTS.values()}
