"""The staged part of one file: batches typed and appended to one Parquet file, written beside and renamed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from sources.contracts import Contract
from sources.readers.batch import Batch
from sources.readers.stage import Context, amount_of, stage


@dataclass(frozen=True)
class Written:
    """What lies in a part."""

    path: Path
    rows: int
    amount_total: Decimal


def write_part(batches: Iterable[Batch], contract: Contract, context: Context, out_dir: Path) -> Written:
    """Type and write all batches; an exception of the reader leaves no part behind."""
    path = (out_dir / f"{context.file_hash}.parquet").resolve()
    beside = path.with_suffix(".writing")
    rows, total = 0, Decimal("0.00000")
    writer: pq.ParquetWriter | None = None
    try:
        for batch in batches:
            staged = stage(batch, context)
            rows += staged.height
            total += amount_of(staged, contract)
            table = staged.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                writer = pq.ParquetWriter(beside, table.schema, compression="lz4", write_statistics=False)
            writer.write_table(table)
        if writer is None:
            raise ValueError("a reader must give at least one batch")
        writer.close()
        beside.rename(path)
    finally:
        if writer is not None:
            writer.close()
        beside.unlink(missing_ok=True)
    return Written(path, rows, total)
