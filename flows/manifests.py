"""Hold what was read against what the sources say they sent, before anything is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sources import manifest
from sources.readers.json_documents import is_manifest
from sources.staging import LandedFile, ReadOutcome, Refusal


def checked(landed: Sequence[LandedFile], outcomes: Sequence[ReadOutcome]) -> list[ReadOutcome]:
    """The outcomes, refused (F8) where a file disagrees with a manifest, or a manifest cannot be understood."""
    understood, refused = _understood(landed)
    refused |= manifest.check(understood, landed, outcomes)
    return [
        # Without its part, neither the checks nor the commit see a row of it.
        replace(each, part=None, rows=0, refusal=refused[each.file_hash])
        if each.file_hash in refused
        else each
        for each in outcomes
    ]


def absent(landed: Sequence[LandedFile]) -> list[str]:
    """Sentences: files that a manifest names and that did not arrive."""
    understood, _ = _understood(landed)  # the others are refused as files, with the reason
    return [
        f"{where} names {name}, which did not arrive" for where, name in manifest.missing(understood, landed)
    ]


def _understood(landed: Sequence[LandedFile]) -> tuple[list[manifest.Manifest], dict[str, Refusal]]:
    """What the manifests of a run state, and the refusals (F8) of those that cannot be understood."""
    understood: list[manifest.Manifest] = []
    refused: dict[str, Refusal] = {}
    for file in manifests(landed):
        try:
            understood += manifest.of_file(file)
        except manifest.ManifestError as error:
            refused[file.file_hash] = Refusal(
                manifest.RULE, f"{error}. Ask the source for a manifest that can be read"
            )
    return understood, refused


def manifests(landed: Sequence[LandedFile]) -> Iterator[LandedFile]:
    """The manifests among the files of this run, known or new, recognised as the reader recognises them."""
    return (file for file in landed if is_manifest(file))
