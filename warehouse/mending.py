"""Mended fields of a quarantined row, read by the readers' own rules."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sources import templates
from sources.contracts import Contract
from sources.privacy import digester
from sources.readers.batch import Batch
from sources.readers.stage import Context, stage
from warehouse.errors import ReleaseError


def typed(
    contract: Contract,
    overrides: Mapping[str, str],
    row_no: int,
    file_hash: str,
    key: bytes,
    dated_by: str | None = None,
) -> pl.DataFrame:
    """The mended head fields (by CEB name) as one staged row, everything else null; `dated_by`: see Context.

    Raises ReleaseError for a field that does not exist, is personal, or does not parse.
    """
    names = {each.name: each for each in contract.fields}
    for name in overrides:
        if name not in names:
            raise ReleaseError(
                f"{contract.kind} has no head field {name}; items cannot be mended here, have the document sent again"
            )
        if names[name].personal is not None:
            raise ReleaseError(f"{name} is personal: have the document sent again instead of typing it here")
    given = {name: pl.Series([text], dtype=pl.String) for name, text in overrides.items()}
    head = pl.DataFrame({"row_no": [row_no], "line_no": [row_no], **given})
    staged = stage(Batch(contract, head), Context(file_hash, digester(key), dated_by=dated_by))
    for found in staged["findings"].to_list()[0]:
        if found["rule"] == "P1":
            field = found["field"]
            raise ReleaseError(f"{field}: {overrides[field]!r} is not a {names[field].type}")
    return staged


def mended(row: pl.DataFrame, contract: Contract, overrides: Mapping[str, str], key: bytes) -> pl.DataFrame:
    """A staged row with its fields mended: what the reader noticed about these fields is noticed anew."""
    if not overrides:
        return row
    dated_by = _dating(row, contract, overrides)
    replacement = typed(contract, overrides, row["row_no"][0], row["file_hash"][0], key, dated_by)
    columns = [contract[name].column for name in overrides]
    if dated_by is not None:
        columns.append("business_date")
    kept = [each for each in row["findings"].to_list()[0] or [] if each["field"] not in overrides]
    anew = [each for each in replacement["findings"].to_list()[0] if each["field"] in overrides]
    findings = pl.Series("findings", [kept + anew], dtype=row.schema["findings"])
    return row.with_columns(replacement.select(columns)).with_columns(findings)


def _dating(row: pl.DataFrame, contract: Contract, overrides: Mapping[str, str]) -> str | None:
    """The mended field that dates the row anew, if one does: of a template's row the one that dates its sheet."""
    told = (each["detail"] for each in row["findings"].to_list()[0] or [] if each["rule"] == "T0")
    sheets = (templates.of_finding(each) for each in told)
    own = next(
        (each.dated_by for each in sheets if each is not None and each.dated_by), contract.business_time
    )
    if own in overrides:
        return own
    undated = row["business_date"][0] is None
    return contract.business_time if contract.business_time in overrides and undated else None
