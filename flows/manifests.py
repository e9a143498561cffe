"""Hold what was read against what the sources say they sent, before anything is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sources import manifest
from sources.staging import LandedFile, ReadOutcome, Refusal

#: A manifest is a list of names and numbers; a JSON document beyond this is an extract.
MOST_BYTES = 16 * 1024**2


def checked(landed: Sequence[LandedFile], outcomes: Sequence[ReadOutcome]) -> list[ReadOutcome]:
    """The outcomes, refused (F8) where a file disagrees with a manifest, or a manifest cannot be understood."""
    refused: dict[str, Refusal] = {}
    for file in manifests(landed):
        try:
            refused |= manifest.check(manifest.load(Path(file.path)), landed, outcomes)
        except manifest.ManifestError as error:
            refused[file.file_hash] = Refusal(
                manifest.RULE, f"{error}. Ask the source for a manifest that can be read"
            )
    return [
        # Without its part, neither the checks nor the commit see a row of it.
        replace(each, part=None, rows=0, refusal=refused[each.file_hash])
        if each.file_hash in refused
        else each
        for each in outcomes
    ]


def absent(landed: Sequence[LandedFile]) -> list[str]:
    """Sentences: files that a manifest names and that did not arrive."""
    sentences = []
    for file in manifests(landed):
        if file.earlier:
            continue  # told on its own day
        try:
            names = manifest.missing(manifest.load(Path(file.path)), landed)
        except manifest.ManifestError:
            continue  # refused as a file, with the reason
        sentences += [f"{file.names[0]} names {name}, which did not arrive" for name in names]
    return sentences


def manifests(landed: Sequence[LandedFile]) -> Iterator[LandedFile]:
    """The manifests among the files of this run, known or new, recognised by content."""
    for file in landed:
        if file.refusal is None and 0 < file.bytes <= MOST_BYTES and _says_so(Path(file.path)):
            yield file


def _says_so(path: Path) -> bool:
    if not path.exists():
        return False  # taken by an earlier run and expired since
    with path.open("rb") as handle:
        start = handle.read(512).lstrip(b"\xef\xbb\xbf \r\n\t")
    return start.startswith(b"{") and (b'"files"' in start or b'"tongguan_manifest"' in start)
