"""Raw batches -> staged rows: typed, personal values hidden, items nested, findings gathered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa

from sources import codelists, phrases, privacy
from sources.contracts import Contract, Field, Personal, Type
from sources.privacy import Digest
from sources.readers import values
from sources.readers.arrow import int64_array
from sources.readers.batch import FINDING_ROWS, Batch, finding_rows
from sources.staging import FINDING, staged_schema

_NO_FINDINGS = pl.Series("findings", [[]], dtype=pl.List(FINDING))


@dataclass(frozen=True)
class Context:
    """What typing needs besides the rows: the file, the digest, and how undated rows are dated.

    `undated` is the reason why the version time is missing by design (a spreadsheet template); every
    row then bears finding T0. `dated_by` names the field that dates such rows, if there is one.
    """

    file_hash: str
    digest: Digest
    undated: str | None = None
    dated_by: str | None = None


def stage(batch: Batch, context: Context) -> pl.DataFrame:
    """The staged rows of a batch (see sources.staging.staged_schema), in the order of `row_no`."""
    contract = batch.contract
    rows = batch.head.get_column("row_no")
    columns, findings = _columns(batch.head, contract.fields, context.digest, "")
    if contract.items:
        items, item_findings = _items(batch, contract, context.digest)
        columns["items"] = items
        findings += item_findings
    if batch.findings is not None:
        findings.append(batch.findings)
    if context.undated is not None:
        findings.append(finding_rows(rows, "T0", contract.version or contract.business_time, context.undated))
    dated_by = context.dated_by or contract.business_time
    dated = columns[contract[dated_by].column]
    staged = pl.DataFrame(
        [
            pl.Series("file_hash", [context.file_hash], dtype=pl.String).new_from_index(0, len(rows)),
            rows,
            batch.head.get_column("line_no"),
            dated.dt.date().alias("business_date"),
            *columns.values(),
            _nested_findings(rows, findings),
        ]
    )
    return staged.select(pl.col(name).cast(dtype) for name, dtype in staged_schema(contract).items())


def amount_of(staged: pl.DataFrame, contract: Contract) -> Decimal:
    """Control total of the rows: the sum of the contract's amount fields, nulls left out."""
    total = Decimal("0.00000")
    for amount in contract.amounts:
        if amount.startswith("items."):
            column = contract.item(amount.removeprefix("items.")).column
            series = staged.get_column("items").explode().struct.field(column)
        else:
            series = staged.get_column(contract[amount].column)
        summed = series.sum()
        total += summed if isinstance(summed, Decimal) else Decimal(0)
    return total


def _columns(
    frame: pl.DataFrame, fields: Sequence[Field], digest: Digest, prefix: str
) -> tuple[dict[str, pl.Series], list[pl.DataFrame]]:
    """Typed columns by warehouse name, in contract order, and findings (field names with `prefix`)."""
    rows = frame.get_column("row_no")
    present = [each for each in fields if each.name in frame.columns]
    clean = frame.select(values.cleaned(each.name, frame.schema[each.name], each) for each in present)
    read = clean.select(values.typed(each.name, clean.schema[each.name], each) for each in present)
    tests = {
        each.name: test
        for each in present
        if (test := values.suspicious(each.name, clean.schema[each.name], each)) is not None
    }
    suspicious = clean.select(test.alias(name) for name, test in tests.items()).row(0) if tests else ()
    doubtful = {name for name, flag in zip(tests, suspicious, strict=True) if flag}
    columns: dict[str, pl.Series] = {}
    findings: list[pl.DataFrame] = []
    for each in fields:
        if each.name not in read.columns:
            columns[each.column] = pl.Series(each.column, [None], dtype=each.polars_type).new_from_index(
                0, frame.height
            )
            continue
        before, after = clean.get_column(each.name), read.get_column(each.name)
        noticed: list[pl.DataFrame] = []
        if each.type is Type.TEXT:
            if each.name in doubtful:
                after, noticed = values.fit_texts(after, rows, each)
            after, also = _text(after, rows, each, digest)
            noticed += also
        elif each.name in doubtful or before.null_count() != after.null_count():
            after, noticed = values.second_look(before, after, rows, each)
        columns[each.column] = after.alias(each.column)
        findings += noticed
    if prefix:
        findings = [
            each.with_columns(pl.concat_str(pl.lit(prefix), "field").alias("field")) for each in findings
        ]
    return columns, findings


def _text(
    column: pl.Series, rows: pl.Series, field: Field, digest: Digest
) -> tuple[pl.Series, list[pl.DataFrame]]:
    if field.personal is Personal.FREE_TEXT:
        return phrases.kept(column), []
    if field.personal is not None:
        return privacy.hidden(column, field, digest), []
    if field.codes == "unit":
        return _units(column, rows, field)
    if field.name.endswith("Code") and (field.max_length or 0) >= 11:
        return _enterprise_codes(column, rows, field, digest)
    return column, []


def _units(column: pl.Series, rows: pl.Series, field: Field) -> tuple[pl.Series, list[pl.DataFrame]]:
    """Units written as words become their codes; other words stay and are noticed (P6)."""
    known, words = codelists.codes("unit"), codelists.by_word("unit")
    distinct = column.drop_nulls().unique().to_list()
    strange = [each for each in distinct if each not in known and not (each.isascii() and each.isdigit())]
    if not strange:
        return column, []
    mapped = {each: words[each] for each in strange if each in words}
    unknown = column.is_in([each for each in strange if each not in words])
    findings = []
    if unknown.any():
        bad = column.filter(unknown)
        findings.append(finding_rows(rows.filter(unknown), "P6", field.name, values.shown(bad, field)))
    return column.replace(mapped) if mapped else column, findings


def _enterprise_codes(
    column: pl.Series, rows: pl.Series, field: Field, digest: Digest
) -> tuple[pl.Series, list[pl.DataFrame]]:
    """A mobile or identity number where an enterprise code belongs is replaced by a digest (P4)."""
    long = column.str.len_bytes() >= 11
    if not long.any():
        return column, []
    distinct = column.filter(long).unique()
    personal = distinct.filter(distinct.str.contains(privacy.CLEAR_VALUE)).to_list()
    if not personal:
        return column, []
    codes = [f"pii:{privacy.digest_of_clear(text, digest)[:16]}" for text in personal]
    hit = column.is_in(personal)
    found = finding_rows(rows.filter(hit), "P4", field.name, values.HIDDEN)
    return column.replace(dict(zip(personal, codes, strict=True))), [found]


def _items(batch: Batch, contract: Contract, digest: Digest) -> tuple[pl.Series, list[pl.DataFrame]]:
    """Items nested by document; a document without items has an empty list."""
    dtype = contract.items_dtype
    if dtype is None:
        raise ValueError(f"{contract.kind} has no items")
    rows = batch.head.get_column("row_no")
    if batch.items is None or not batch.items.height:
        return pl.Series("items", [[]], dtype=dtype).new_from_index(0, len(rows)), []
    columns, findings = _columns(batch.items, contract.items, digest, "items.")
    owners = batch.items.get_column("row_no").to_numpy()
    if not bool(np.all(owners[1:] >= owners[:-1])):
        raise ValueError("items must lie in the order of their documents")
    bounds = np.searchsorted(owners, rows.to_numpy(), side="left")
    offsets = int64_array(np.append(bounds, len(owners)).astype(np.int64))
    struct = pl.DataFrame(list(columns.values())).to_struct("items").to_arrow()
    nested = pa.LargeListArray.from_arrays(offsets, struct)
    return pl.Series("items", pl.from_arrow(nested)).cast(dtype), findings


def _nested_findings(rows: pl.Series, findings: list[pl.DataFrame]) -> pl.Series:
    if not findings:
        return _NO_FINDINGS.new_from_index(0, len(rows))
    all_rows = pl.concat(findings, how="vertical").sort("row_no", "rule", "field", maintain_order=True)
    lists = all_rows.group_by("row_no", maintain_order=True).agg(
        pl.struct(name for name in FINDING_ROWS if name != "row_no").alias("findings")
    )
    joined = rows.to_frame().join(lists, on="row_no", how="left", maintain_order="left")
    return joined.select(pl.col("findings").fill_null(pl.lit([], dtype=pl.List(FINDING)))).to_series()
