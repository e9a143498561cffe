"""JSON files that are no extract: the simulator's truth, a source's manifest, and what is refused."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path

from sources import manifest
from sources.readers import limits
from sources.readers.refusal import RefusalError
from sources.staging import LandedFile

#: Names at the start of a document that say what it is, so that a large one need not be parsed.
_TRUTH = re.compile(rb'^\s*\{\s*"tongguan_truth"\s*:')


def other_document(path: Path) -> str | None:
    """`truth` or `manifest` where the file is one JSON document of that kind, None for JSON Lines.

    Refuses (F4) another JSON document that fills the whole file: it is no extract.
    """
    with path.open("rb") as handle:
        start = handle.read(64 * 1024).removeprefix(b"\xef\xbb\xbf")
    if _TRUTH.match(start):
        return "truth"
    first = start.lstrip().split(b"\n", 1)[0].strip()
    lines_follow = first.startswith(b"{") and first.endswith(b"}") and _complete(first)
    if lines_follow and b"tongguan_" not in first and b'"files"' not in first:
        return None
    if path.stat().st_size > limits.MESSAGE_BYTES:
        return None
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        # Not one document: it is JSON Lines, or its reader says what is wrong with it and where.
        return None
    if isinstance(document, dict) and "tongguan_truth" in document:
        return "truth"
    if manifest.is_manifest(document):
        return "manifest"
    if isinstance(document, list):
        raise RefusalError(
            "F4", "the file is one JSON array; write JSON Lines: one document an object, one object a line", 1
        )
    if isinstance(document, dict) and not lines_follow:
        raise RefusalError(
            "F4",
            "the file is one JSON object over several lines; write JSON Lines: one document an object, "
            "one object a line",
            1,
        )
    return None


def is_manifest(file: LandedFile) -> bool:
    """Whether a landed file is a manifest, as `other_document` recognises it; most files are told by their first bytes.

    One whose bytes have expired since an earlier run took it is none any more.
    """
    path = Path(file.path)
    if file.refusal is not None or not 0 < file.bytes <= limits.MESSAGE_BYTES or not path.exists():
        return False
    with path.open("rb") as handle:
        start = handle.read(512).removeprefix(codecs.BOM_UTF8).lstrip()
    if start and not start.startswith(b"{"):
        return False
    try:
        return other_document(path) == "manifest"
    except RefusalError:
        return False


def _complete(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
