"""What a source says it sent is held against what was read: file by file, and for files that did not come."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path

from flows import manifests
from sources.staging import LandedFile, ReadOutcome


def landed(tmp_path: Path, name: str, content: bytes) -> LandedFile:
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / digest).write_bytes(content)
    return LandedFile(digest, str(tmp_path / digest), (name,), len(content), "test")


def test_a_file_that_differs_is_refused_and_an_absent_one_named(tmp_path: Path) -> None:
    good, short = landed(tmp_path, "good.csv", b"a"), landed(tmp_path, "short.csv", b"b")
    entries = [
        {"name": "good.csv", "rows": 2, "amount_total": "12.5", "sha256": good.file_hash},
        {"name": "short.csv", "rows": 3},
        {"name": "never.csv", "rows": 1},
    ]
    manifest = landed(tmp_path, "manifest.json", json.dumps({"files": entries}).encode())
    outcomes = [
        ReadOutcome(good.file_hash, "csv", "CEB411", "good.parquet", 2, 2, Decimal("12.50000")),
        ReadOutcome(short.file_hash, "csv", "CEB411", "short.parquet", 2, 2),
        ReadOutcome(manifest.file_hash, "manifest", None),
    ]
    files = [good, short, manifest]

    by_name = {
        file.names[0]: each for file, each in zip(files, manifests.checked(files, outcomes), strict=True)
    }
    assert by_name["good.csv"].refusal is None
    assert by_name["manifest.json"].refusal is None
    refusal = by_name["short.csv"].refusal
    assert refusal is not None and refusal.rule == "F8"
    assert by_name["short.csv"].part is None
    assert "2 documents, the manifest says 3" in refusal.message
    assert manifests.absent(files) == ["manifest.json names never.csv, which did not arrive"]


def test_a_manifest_that_cannot_be_understood_is_refused_itself(tmp_path: Path) -> None:
    broken = landed(tmp_path, "manifest.json", b'{"files": [{"rows": "many"}]}')
    (outcome,) = manifests.checked([broken], [ReadOutcome(broken.file_hash, "manifest", None)])
    assert outcome.refusal is not None and outcome.refusal.rule == "F8"
    assert manifests.absent([broken]) == []
