"""Documents as files: Parquet, CSV, JSON Lines (XML: xml_writer). The same documents in every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from sources.contracts import CONTRACTS, Field, Type
from sources.simulator.texts import heads, items, native
from sources.simulator.xml_writer import write_xml

#: Documents a file at most, so that files can be read in parallel and are neither many nor huge.
ROWS_A_FILE = {"parquet": 150_000, "csv": 60_000, "jsonl": 25_000, "xml": 15_000}


def write_parquet(frame: pl.DataFrame, kind: str, path: Path) -> None:
    """Native types, items nested."""
    native(frame, kind).write_parquet(path, compression="zstd", compression_level=1, statistics=False)


def write_csv(frame: pl.DataFrame, kind: str, path: Path) -> None:
    """One line an item, head fields repeated; an item field named like a head field begins `item_`."""
    contract, texts = CONTRACTS[kind], heads(frame, kind)
    if contract.items:
        goods, counts = items(frame, kind)
        taken = {each.name for each in contract.fields}
        owner = pl.select(pl.int_range(len(texts), dtype=pl.UInt32).repeat_by(counts).explode()).to_series()
        clashing = {each: f"item_{each}" for each in goods.columns if each in taken}
        texts = pl.concat([texts[owner], goods.rename(clashing)], how="horizontal")
    texts = texts.select(pl.lit(kind).alias("messageType"), pl.all())
    texts.write_csv(path, line_terminator="\r\n")


def write_jsonl(frame: pl.DataFrame, kind: str, path: Path) -> None:
    """One document a line, items nested, numbers as they are written in messages."""
    contract = CONTRACTS[kind]
    columns = heads(frame, kind).lazy()
    parts = [pl.lit('{"messageType":' + json.dumps(kind)), *_members(contract.fields)]
    if contract.items:
        goods, counts = items(frame, kind)
        objects = goods.select(pl.concat_str(_members(contract.items)).str.strip_prefix(",")).to_series()
        joined = _joined("{" + objects + "}", counts, ",")
        columns = columns.with_columns(joined.alias("items"))
        parts += [pl.lit(',"items":['), pl.col("items"), pl.lit("]")]
    lines = columns.select(pl.concat_str([*parts, pl.lit("}\n")])).collect().to_series()
    path.write_text("".join(lines.to_list()), encoding="utf-8", newline="")


def _members(fields: tuple[Field, ...]) -> list[pl.Expr]:
    """`,"name":value` of each field. Simulated texts hold nothing that JSON would escape."""
    made = []
    for each in fields:
        bare = each.type in (Type.DECIMAL, Type.INTEGER)
        numeric = pl.col(each.name).str.contains(r"^-?\d+(\.\d+)?$") if bare else pl.lit(False)
        quoted = pl.concat_str(pl.lit('"'), pl.col(each.name), pl.lit('"'))
        value = pl.when(numeric).then(pl.col(each.name)).otherwise(quoted).fill_null("null")
        made += [pl.lit(f',"{each.name}":'), value]
    return made


def _joined(texts: pl.Series, counts: pl.Series, separator: str) -> pl.Series:
    """The texts of the items of each document, joined."""
    owner = pl.select(pl.int_range(len(counts), dtype=pl.UInt32).repeat_by(counts).explode()).to_series()
    frame = pl.DataFrame({"owner": owner, "text": texts})
    return (
        frame.group_by("owner", maintain_order=True)
        .agg(pl.col("text").str.join(separator))
        .get_column("text")
    )


WRITERS: dict[str, Callable[[pl.DataFrame, str, Path], None]] = {
    "parquet": write_parquet,
    "csv": write_csv,
    "jsonl": write_jsonl,
    "xml": write_xml,
}
