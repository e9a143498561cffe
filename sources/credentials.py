"""Credentials of sources: from the environment, held so that they cannot be printed by accident."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from sources.connectors.entry import SourceRefused
from sources.zone_sources import Source

PREFIX = "TONGGUAN_SOURCE_"
#: What stands for a credential in every sentence that may have quoted one.
HIDDEN = "***"


@dataclass(frozen=True, repr=False)
class Credentials:
    """What a source may be opened with; None where it is not given. Shown, it shows nothing."""

    user: str | None = None
    password: str | None = None
    key: str | None = None  # sftp: the private key or the file that holds it; s3: access key id
    passphrase: str | None = None  # of the private key
    secret: str | None = None  # s3: secret access key
    token: str | None = None  # https: bearer token; s3: session token

    def __repr__(self) -> str:
        given = ", ".join(each.name for each in fields(self) if getattr(self, each.name))
        return f"Credentials({given})"

    def hide(self, text: str) -> str:
        """The text without any of the values."""
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name != "user" and value:
                text = text.replace(value, HIDDEN)
        return text


NAMES = tuple(each.name for each in fields(Credentials))


def from_environment(source: Source, environment: Mapping[str, str] | None = None) -> Credentials:
    """TONGGUAN_SOURCE_<NAME>_PASSWORD, _KEY, _SECRET, ... of the name the source gives.

    Raises SourceRefused where a declared source names credentials and none is set.
    """
    if source.credentials is None:
        return Credentials()
    known = os.environ if environment is None else environment
    prefix = PREFIX + source.credentials.upper().replace("-", "_") + "_"
    found = Credentials(**{name: known.get(prefix + name.upper()) or None for name in NAMES})
    if source.declared and found == Credentials():
        raise SourceRefused(
            f"there are no credentials in the environment: set {prefix}{_expected(source)} where the service starts"
        )
    return found


def from_record(record: object, where: str) -> Credentials:
    """Credentials from the content of a secret block: a text (a password) or a JSON object."""
    if isinstance(record, str):
        return Credentials(password=record)
    if (
        not isinstance(record, Mapping)
        or not record
        or not all(
            isinstance(key, str) and key in NAMES and isinstance(value, str) for key, value in record.items()
        )
    ):
        raise SourceRefused(
            f"{where} must hold a text (the password) or a JSON object with {', '.join(NAMES)}"
        )
    return Credentials(**record)


def _expected(source: Source) -> str:
    return {"sftp": "PASSWORD or _KEY", "s3": "KEY and _SECRET"}.get(
        source.scheme, "TOKEN, or _USER and _PASSWORD"
    )
