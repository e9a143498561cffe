"""What the transforms read of the documents: tables, columns and item fields, declared once.

`documents` is a mapping from a contract's table name to all versions of its accepted documents. A
caller may hand over exactly the columns named here (`NEEDED`, `ITEMS`); more do no harm, a missing
table counts as an empty one. What only reconciliation compares (names, digests, goods lines) is declared apart,
so that linking does not carry it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sources.contracts import CONTRACTS_BY_TABLE

Documents = Mapping[str, pl.LazyFrame]

_LIST = (
    "guid app_type app_at order_no ebp_code ebc_code logistics_no logistics_code cop_no pre_no invt_no "
    "customs_code port_code agent_code trade_mode traf_mode bill_no country freight insured_fee pack_no "
    "gross_weight_kg net_weight_kg"
)
_RECEIPT = "guid agent_code cop_no pre_no invt_no return_status return_at return_info"

#: Columns that linking reads of each table, besides its provenance (`PREFIX`).
LINKED: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "import_lists": f"{_LIST} currency",
        "export_lists": f"{_LIST} f_currency f_flag i_currency i_flag",
        "import_list_receipts": _RECEIPT,
        "export_list_receipts": f"{_RECEIPT} ebc_code order_no",
        "import_orders": "app_type app_at order_no ebp_code actural_paid currency",
        "export_orders": "app_type app_at order_no ebc_code",
        "payments": "app_type app_at pay_code pay_transaction_id order_no ebp_code amount_paid currency "
        "pay_at",
        "export_payments": "app_type app_at pay_code ebc_code order_no pay_no charge currency accounting_at",
        "import_waybills": "app_type app_at logistics_code logistics_no",
        "export_waybills": "app_type app_at logistics_code logistics_no",
        "waybill_statuses": "app_type app_at logistics_code logistics_no logistics_status logistics_at",
        "inbound_details": "guid app_type app_at customs_code cop_no logistics_code bill_no",
        "inbound_receipts": "guid customs_code cop_no return_status return_at",
        "export_arrivals": "guid app_type app_at customs_code cop_no msg_seq_no",
        "export_arrival_receipts": "guid cop_no return_status return_at",
        "verification_lists": "etps_inner_invt_no bond_invt_no invt_dcl_at",
        "verification_receipts": "etps_inner_invt_no bond_invt_no manage_at",
        "gate_passages": "io_flag rlt_no pass_at secd_pass_at",
        "import_cancellations": "guid app_type app_at ebc_code order_no agent_code cop_no invt_no",
        "export_cancellations": "guid app_type app_at ebc_code agent_code cop_no invt_no",
        "import_returns": "guid app_type app_at ebc_code order_no agent_code cop_no invt_no",
        "import_cancellation_receipts": _RECEIPT,
        "export_cancellation_receipts": _RECEIPT,
        "import_return_receipts": _RECEIPT,
        "tax_bills": "return_at tax_no invt_no ebc_code order_no status customs_tax value_added_tax "
        "consumption_tax",
        "tax_bill_statuses": "return_at tax_no status",
    }.items()
}

#: What linking reads of a goods line of a list.
GOODS_LINE = ("total_price", "currency", "gcode", "country", "item_no", "item_record_no", "qty1", "unit1")
#: Item fields that linking reads of each table; each becomes a list column `item_<field>`.
LINKED_ITEMS: dict[str, tuple[str, ...]] = {
    "import_lists": GOODS_LINE,
    "export_lists": GOODS_LINE,
    "inbound_details": ("logistics_no",),
    "export_arrivals": ("logistics_no",),
    "verification_lists": ("invt_no",),
    "tax_bills": ("tax_price", "customs_tax", "value_added_tax", "consumption_tax"),
}

_CONSIGNEE = "consignee_digest consignee_telephone_digest consignee_address_digest"
_BUYER = "buyer_id_number_digest buyer_name_digest"
#: Columns that only reconciliation reads, to compare the documents of a list with each other.
COMPARED: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "import_lists": f"ebp_name ebc_name {_BUYER}",
        "export_lists": "ebp_name ebc_name",
        "import_orders": f"ebc_code ebp_name ebc_name goods_value freight discount tax_total {_BUYER} {_CONSIGNEE}",
        "export_orders": "ebp_code ebp_name ebc_name goods_value currency",
        "payments": "ebp_name payer_id_number_digest payer_name_digest",
        "export_payments": "ebp_code ebp_name ebc_name",
        "import_waybills": f"order_no {_CONSIGNEE}",
    }.items()
}
_GOODS = ("gnum", "qty", "price", "total_price")
#: Item fields that only reconciliation reads.
COMPARED_ITEMS: dict[str, tuple[str, ...]] = {
    "import_lists": _GOODS[:3],
    "export_lists": _GOODS[:3],
    "import_orders": _GOODS,
    "export_orders": _GOODS,
}
#: Every column to hand over of each table, besides its provenance.
NEEDED: dict[str, tuple[str, ...]] = {
    table: (*columns, *COMPARED.get(table, ())) for table, columns in LINKED.items()
}
#: Every item field to hand over.
ITEMS: dict[str, tuple[str, ...]] = {
    table: (*LINKED_ITEMS.get(table, ()), *COMPARED_ITEMS.get(table, ()))
    for table in NEEDED
    if table in LINKED_ITEMS or table in COMPARED_ITEMS
}

#: Provenance every document row bears and the transforms use.
PREFIX: dict[str, pl.DataType] = {
    "zone": pl.String(),
    "business_date": pl.Date(),
    "file_hash": pl.String(),
}
PROVENANCE = frozenset(PREFIX)


def schema_of(table: str, *, compared: bool = True) -> dict[str, pl.DataType]:
    """Columns and types of `document(documents, table)`; `compared` adds those only reconciliation reads."""
    schema = {**PREFIX, **_part(table, LINKED[table], LINKED_ITEMS.get(table, ()))}
    # What is compared stands last, so that versions of the same time are put in the same order with and
    # without it (current.by_content).
    if compared:
        schema |= _part(table, COMPARED.get(table, ()), COMPARED_ITEMS.get(table, ()))
    return schema


def _part(table: str, columns: tuple[str, ...], item_fields: tuple[str, ...]) -> dict[str, pl.DataType]:
    contract = CONTRACTS_BY_TABLE[table]
    items = {each.column: each.polars_type for each in contract.items}
    return {
        **{name: contract.schema[name] for name in columns},
        **{f"item_{name}": pl.List(items[name]) for name in item_fields},
    }


def document(documents: Documents, table: str, *, compared: bool = False) -> pl.LazyFrame:
    """All versions of one table, reduced to what the transforms read; empty where it is missing."""
    schema = schema_of(table, compared=compared)
    frame = documents.get(table)
    if frame is None:
        return pl.LazyFrame(schema=schema)
    return frame.select(
        pl.col("items")
        .list.eval(pl.element().struct.field(name.removeprefix("item_")))
        .alias(name)
        .cast(dtype)
        if name.startswith("item_") and name.removeprefix("item_") in ITEMS.get(table, ())
        else pl.col(name).cast(dtype)
        for name, dtype in schema.items()
    )
