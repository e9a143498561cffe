"""Credentials of a source from where it names them: the environment, or a secret block of Prefect."""

from __future__ import annotations

from sources.connectors.entry import SourceRefused
from sources.credentials import Credentials, from_environment, from_record
from sources.zone_sources import Source

BLOCK = "block:secret/"


def credentials(source: Source) -> Credentials:
    """What the source is opened with. Raises SourceRefused where it is not there; never shows a value."""
    named = source.credentials or ""
    if not named.startswith(BLOCK):
        return from_environment(source)
    from prefect.blocks.system import Secret

    block = named.removeprefix(BLOCK)
    try:
        record = Secret.load(block).get()  # type: ignore[union-attr]  # the overload for asynchronous callers
    except ValueError:
        # Prefect's own text may quote what it found; ours says what to do.
        raise SourceRefused(
            f"Prefect has no secret block {block!r} that can be read: make one under Blocks, Secret, with the "
            f'password, or with JSON such as {{"key": ..., "secret": ...}}'
        ) from None
    return from_record(record, f"the secret block {block!r}")
