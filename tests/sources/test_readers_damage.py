"""Damaged files of every format end in an outcome: rows, or a refusal with a reason. Never anything else."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import polars as pl
import pytest
from read_helpers import KEY, as_csv, document, flat_rows, land, message

from sources.contracts import CONTRACTS
from sources.readers import read_files
from sources.readers.refusal import RefusalError
from sources.readers.xml_columns import Columns, prove
from sources.readers.xml_source import XmlSource
from sources.readers.xml_walk import Walk

TOKENS = [
    b"<", b">", b"&", b'"', b",", b"\n", b"\r", b"\0", b"</", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"{", b"}",
    b"[", b"\xff", b"\xe4\xb8", b' xmlns:a="b"', b"&amp;", b"1e999", b"<?x?>", b"<a/>", b"<ceb:guid>",
]  # fmt: skip


def seeds() -> list[bytes]:
    found = []
    for kind in ("CEB621", "CEB622", "CEB816"):
        documents = [document(kind, at, items=2, note="甲") for at in range(1, 4)]
        flat = [{**row, "messageType": kind} for row in flat_rows(kind, documents)]
        out = io.BytesIO()
        pl.DataFrame(documents).write_parquet(out)
        found += [
            message(kind, documents).encode(),
            as_csv(flat).encode(),
            as_csv([{name: f'"{text}"' for name, text in row.items()} for row in flat]).encode("gb18030"),
            "\n".join(json.dumps(each) for each in documents).encode(),
            out.getvalue(),
        ]
    return found


def damaged(data: bytes, chance: random.Random) -> bytes:
    raw = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(raw) or 1)
        how = chance.randrange(5)
        if how == 0 and raw:
            raw[at] = chance.randrange(256)
        elif how == 1:
            del raw[at : at + chance.choice((1, 3, 50, 500))]
        elif how == 2:
            raw[at:at] = chance.choice(TOKENS)
        elif how == 3:
            start = chance.randrange(len(raw) or 1)
            raw[at:at] = raw[start : start + chance.choice((5, 50, 400))]
        else:
            del raw[at:]
    return bytes(raw)


def batter(folder: Path, seed: int, times: int) -> None:
    chance, originals = random.Random(seed), seeds()
    files = [land(folder, damaged(chance.choice(originals), chance)) for _ in range(times)]
    for each, outcome in zip(files, read_files(files, folder / "parts", KEY, workers=1), strict=True):
        if outcome.part is None:
            assert outcome.refusal is not None
            assert len(outcome.refusal.message) > 20
        else:
            assert pl.read_parquet(outcome.part).height == outcome.rows
            _same_when_walked(Path(each.path), outcome.format, outcome.kind)


def _same_when_walked(path: Path, form: str | None, kind: str | None) -> None:
    """The fast reading of XML and the plain one agree on what they both accept."""
    if form != "xml" or kind is None:
        return
    source, contract = XmlSource(path=path), CONTRACTS[kind]
    prove(source)
    fast, plain = list(Columns(source, contract).batches()), list(Walk(source, contract).batches())
    for one, other, fields in (
        ([each.head for each in fast], [each.head for each in plain], contract.fields),
        ([each.items for each in fast], [each.items for each in plain], contract.items),
    ):
        frames = []
        for parts in (one, other):
            frame = pl.concat(
                [part for part in parts if part is not None] or [pl.DataFrame()], how="diagonal"
            )
            texts = [
                pl.col(each.name).str.strip_chars().replace("", None)
                if each.name in frame.columns
                else pl.lit(None, dtype=pl.String).alias(each.name)
                for each in fields
            ]
            frames.append(frame.select("row_no", *texts) if fields else frame)
        if fields:
            assert frames[0].equals(frames[1])


def test_damaged_files_end_in_an_outcome(tmp_path: Path) -> None:
    batter(tmp_path, 1, 250)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_many_damaged_files(seed: int, tmp_path: Path) -> None:
    batter(tmp_path, 100 + seed, 1000)


def test_the_walk_refuses_what_the_proof_refuses(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(message("CEB622", [document("CEB622")])[:-5])
    for reading in (lambda: prove(XmlSource(path=path)), lambda: list(_walk(path))):
        with pytest.raises(RefusalError) as refused:
            reading()
        assert refused.value.refusal.rule == "F1"


def _walk(path: Path) -> list[object]:
    return list(Walk(XmlSource(path=path), CONTRACTS["CEB622"]).batches())
