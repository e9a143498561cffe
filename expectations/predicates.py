"""The predicates of one document kind, built from its contract: the one home of what breaks a rule.

Great Expectations counts with them, the quarantine and the findings select with them, so the two can only
differ if a check broke.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from expectations.amounts import Days, amount_clauses
from expectations.clauses import Clause, listed, literal, quoted
from sources.codelists import codes
from sources.contracts import Contract, Field, Type

#: Words that stand for "nothing" where a value belongs.
FILLERS = ("空", "无", "/")
#: Fields in which a filler is customary: goods without a bar code, foreign platforms without a code.
FILLER_ALLOWED = frozenset({("I", "barCode"), ("E", "barCode"), ("E", "ebpCode")})
#: A personal value the reader found in a code field; longer than some code fields and not a broken length.
DIGEST_PREFIX = "pii:"
#: Lists that name families of codes as well: every negative receipt status is a processing error.
_ALSO = {"return_status": "-[0-9]+"}
_READER_RULES = ("P1", "P2", "P3", "P4", "P5", "P6")


@dataclass(frozen=True)
class Context:
    """What the predicates need to know besides the contract."""

    zone_offices: frozenset[str] = frozenset()  # customs offices of the zone; empty: any office of the list
    #: of files that are spreadsheet templates: CEB head field -> hashes of the files that fill it at all
    template_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    days: Days = None  # first and last business date of the rows
    templates: bool = False  # any row of this kind comes from a template
    unparsed: bool = False  # any row of this kind has a value that did not parse


def clauses(contract: Contract, context: Context) -> list[Clause]:
    """Every clause of one kind, in the order of the rules."""
    return [
        *_noticed(),
        *_keys(contract),
        *_mandatory(contract, context),
        *_lengths(contract),
        *_codes(contract, context),
        *_fillers(contract),
        *amount_clauses(contract, context.days),
    ]


def has_finding(rule: str) -> str:
    """SQL: the reader left a finding of this rule."""
    return f"len(list_filter(findings, lambda f: f.rule = {literal(rule)})) > 0"


def _noticed() -> list[Clause]:
    """What the reader noticed; its details are taken from the findings themselves."""
    return [Clause(rule, "", has_finding(rule), "''") for rule in _READER_RULES]


def _keys(contract: Contract) -> list[Clause]:
    found = [
        Clause("K1", name, f"{quoted(contract[name].column)} is null", "'is empty'") for name in contract.key
    ]
    times = {contract.business_time, contract.version or contract.business_time} - set(contract.key)
    found += [
        Clause("K2", name, f"{quoted(contract[name].column)} is null and {_not_template()}", "'is empty'")
        for name in sorted(times)
    ]
    found += [
        _length("K3", each, each.name, quoted(each.column))
        for each in _identifying(contract)
        if each.type is Type.TEXT
    ]
    return found


def _identifying(contract: Contract) -> list[Field]:
    """The key fields that must have their length. A status is part of some keys, but an unknown one is kept (M3)."""
    keys = (contract[name] for name in (*contract.key, *contract.key_optional))
    return [each for each in keys if not each.name.lower().endswith("status")]


def _not_template() -> str:
    return f"not coalesce({has_finding('T0')}, false)"


def _mandatory(contract: Contract, context: Context) -> list[Clause]:
    """M1. A template has no column for some fields: its rows are asked only for what their file fills."""
    elsewhere = {*contract.key, contract.business_time, contract.version}
    found = []
    for each in contract.fields:
        if not each.mandatory or each.name in elsewhere:
            continue
        sql = f"{quoted(each.column)} is null" + _asked(each.name, context)
        found.append(Clause("M1", each.name, sql, "'is empty'"))
    for each in contract.items:
        if not each.mandatory:
            continue
        sql = f"i.{quoted(each.column)} is null" + _asked(f"items.{each.name}", context)
        found.append(Clause("M1", f"items.{each.name}", sql, "'is empty'", item=True))
    return found


def _asked(name: str, context: Context) -> str:
    """SQL to add: the row's file has the field, and it is not a value that did not parse (P1)."""
    sql = ""
    if context.templates:
        files = listed(context.template_fields.get(name, ()))
        sql += f" and ({_not_template()} or list_contains({files}::varchar[], file_hash))"
    if context.unparsed:
        test = f"f.rule = 'P1' and f.field = {literal(name)}"
        sql += f" and not coalesce(len(list_filter(findings, lambda f: {test})) > 0, false)"
    return sql


def _length(rule: str, each: Field, name: str, column: str, *, item: bool = False) -> Clause:
    if each.type is Type.INTEGER:
        most = 10 ** (each.max_length or 18) - 1
        sql = f"{column} not between {-most} and {most}"  # the least of all integers has no absolute value
        return Clause(rule, name, sql, f"'more than {each.max_length} digits'", item)
    if each.min_length:
        sql, allowed = f"length({column}) <> {each.min_length}", f"exactly {each.min_length}"
    else:
        sql, allowed = f"length({column}) not between 1 and {each.max_length}", f"1 to {each.max_length}"
    if each.name.endswith("Code"):
        sql += f" and not starts_with({column}, {literal(DIGEST_PREFIX)})"
    return Clause(rule, name, sql, f"'length ' || length({column}) || ', allowed {allowed}'", item)


def _lengths(contract: Contract) -> list[Clause]:
    """M2. Personal fields hold digests: their length says nothing."""
    keys = {each.name for each in _identifying(contract)}
    found = [
        _length("M2", each, each.name, quoted(each.column))
        for each in contract.fields
        if each.name not in keys and _has_length(each)
    ]
    found += [
        _length("M2", each, f"items.{each.name}", f"i.{quoted(each.column)}", item=True)
        for each in contract.items
        if _has_length(each)
    ]
    return found


def _has_length(each: Field) -> bool:
    return each.max_length is not None and not each.personal


def _codes(contract: Contract, context: Context) -> list[Clause]:
    """M3. The declaring office must be one of the zone's; a border office may be any of the list."""
    found = []
    for item, fields in ((False, contract.fields), (True, contract.items)):
        for each in fields:
            if not each.codes:
                continue
            column = f"i.{quoted(each.column)}" if item else quoted(each.column)
            known = set(codes(each.codes))
            where = f"not in the list {each.codes}"
            if each.codes == "customs_district":
                known |= context.zone_offices
                if each.column == "customs_code" and context.zone_offices:
                    known, where = set(context.zone_offices), "not an office of the zone"
            sql = _unknown(column, sorted(known), item=item)
            if each.codes in _ALSO:
                sql += f" and not regexp_full_match({column}, {literal(_ALSO[each.codes])})"
            name = f"items.{each.name}" if item else each.name
            # A shifted column may put a person's data here: only what looks like a code is repeated.
            code = f"length({column}) <= 8 and regexp_full_match({column}, '[-0-9A-Za-z]+')"
            text = f"case when {code} then {column} else 'the value' end || ' is {where}'"
            found.append(Clause("M3", name, sql, text, item))
    return found


def _unknown(column: str, known: Sequence[str], *, item: bool) -> str:
    """SQL: the code is stated and not among the known. Measured on 260,000 rows: over a head column
    `list_contains` runs once a dictionary entry; inside a lambda it walks the list for every item
    (1.3 s for a day's items), where the cast to an enum is one hash look-up (0.1 s).
    """
    if not item:
        return f"not list_contains({listed(known)}, {column})"
    return f"{column} is not null and try_cast({column} as enum({', '.join(map(literal, known))})) is null"


def _fillers(contract: Contract) -> list[Clause]:
    """A5: weights, quantities and fillers. A filler in a coded field is a code outside its list (M3)."""
    found = []
    columns = contract.sql_columns
    if {"net_weight_kg", "gross_weight_kg"} <= set(columns):
        detail = "'net ' || net_weight_kg || ' kg, gross ' || gross_weight_kg || ' kg'"
        found.append(Clause("A5", "netWeight", "net_weight_kg > gross_weight_kg", detail))
    for each in contract.items:
        if each.name == "qty":
            found.append(Clause("A5", "items.qty", "i.qty <= 0", "'quantity ' || i.qty", item=True))
    for item, fields in ((False, contract.fields), (True, contract.items)):
        for each in fields:
            if each.type is not Type.TEXT or each.personal or each.codes:
                continue
            if (contract.flow, each.name) in FILLER_ALLOWED:
                continue
            column = f"i.{quoted(each.column)}" if item else quoted(each.column)
            name = f"items.{each.name}" if item else each.name
            sql = f"list_contains({listed(FILLERS)}, {column})"
            if item:  # a filler has at most three bytes: comparing lengths first is the cheap way out
                sql = f"case when strlen({column}) <= 3 then {sql} else false end"
            found.append(Clause("A5", name, sql, f"'filled with ' || {column}", item))
    return found
