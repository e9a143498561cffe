"""Handing rows from Polars to DuckDB and back by way of a Parquet file.

Registering a frame makes DuckDB import pandas (seconds, once a process) and is slow for nested columns. The other
way, a file lets each reader take the columns it needs, where a frame would hold all rows of a week in memory.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import polars as pl

from warehouse import sql


def temporary_table(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame, scratch: Path) -> None:
    """Make (or replace) the temporary table `name` with the rows of a frame."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / f"{name}.parquet"
        frame.write_parquet(path, compression="uncompressed")
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM {sql.parquet([path])}")


def lazy_frame(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> pl.LazyFrame:
    """The rows of a query, read from the new file `path` whenever they are collected."""
    con.execute(f"COPY ({query}) TO {sql.literal(path)} (FORMAT parquet, COMPRESSION lz4_raw)")
    return pl.scan_parquet(path)
