"""The contracts hold together, agree with the published field tables' shape, and generate their page."""

from __future__ import annotations

import pytest

from sources import codelists, dictionary, privacy, templates
from sources.contracts import CONTRACTS, CONTRACTS_BY_TABLE, Contract, Type


def test_kinds_and_tables_are_one_to_one() -> None:
    assert len(CONTRACTS) == len(CONTRACTS_BY_TABLE) == 42


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_contract_refers_to_its_own_fields(contract: Contract) -> None:
    for name in (*contract.key, *contract.key_optional, contract.business_time):
        contract[name]
    assert contract.key
    assert contract[contract.business_time].type is Type.TIME
    assert (contract.version is None) == contract.event
    if contract.version:
        assert contract[contract.version].type is Type.TIME
    for amount in contract.amounts:
        name = amount.removeprefix("items.")
        field = contract.item(name) if amount != name else contract[name]
        assert field.type is Type.DECIMAL
    assert contract.answers is None or contract.answers in CONTRACTS
    assert (contract.items_node is None) == (not contract.items)
    for fields in (contract.fields, contract.items):
        assert len({each.column for each in fields}) == len(fields)
        assert len({name for each in fields for name in (each.name, *each.aliases)}) == sum(
            1 + len(each.aliases) for each in fields
        )


def test_code_lists_are_there_and_sound() -> None:
    named = {
        field.codes
        for contract in CONTRACTS.values()
        for field in (*contract.fields, *contract.items)
        if field.codes
    }
    assert named <= set(codelists.names())
    for name in codelists.names():
        rows = codelists.rows(name)
        assert all(row["code"] and row["name_zh"] for row in rows)
        assert len(codelists.codes(name)) == len(rows), name
    with pytest.raises(KeyError, match="there are"):
        codelists.codes("none")


@pytest.mark.parametrize("mode", ["0110", "1039", "1210", "1239", "9610", "9710", "9810"])
def test_modes_of_the_pilot_zones_are_listed(mode: str) -> None:
    assert mode in codelists.codes("trade_mode")


def test_what_is_compared_is_personal() -> None:
    personal = {
        field.name
        for contract in CONTRACTS.values()
        for field in (*contract.fields, *contract.items)
        if field.personal
    }
    assert personal >= privacy.COMPARED


def test_templates_name_fields_of_their_kind() -> None:
    for template in templates.TEMPLATES:
        contract = template.contract
        targets = [*template.columns.values(), *template.implied]
        assert len(set(targets)) == len(targets), template.name
        for target in targets:
            name = target.removeprefix("items.")
            assert (contract.item(name) if target != name else contract[name]).name == name
        assert templates.match(template.known) is template
    assert templates.header(" *原产国（地区）代码 ") == "原产国(地区)代码"


def test_the_committed_data_dictionary_is_what_is_generated() -> None:
    page = dictionary.PATH.read_text(encoding="utf-8")
    assert page == dictionary.text(), "run: python -m sources.dictionary"
