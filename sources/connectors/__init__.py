"""One small module a protocol, one interface (see entry.py); opened and closed here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sources.connectors.entry import Connector
from sources.connectors.local import LocalFolder
from sources.credentials import Credentials
from sources.zone_sources import Source

#: On the level DEBUG these write headers that carry tokens and signatures.
_TALKATIVE = ("aiobotocore", "aiohttp", "asyncssh", "botocore", "fsspec", "s3fs", "sshfs", "urllib3")


@contextmanager
def connected(source: Source, credentials: Credentials) -> Iterator[Connector]:
    """A connection to the source. Raises SourceDown or SourceRefused."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if logger.getEffectiveLevel() < logging.INFO:
            logger.setLevel(logging.INFO)
    connector = _open(source, credentials)
    try:
        yield connector
    finally:
        connector.close()


def _open(source: Source, credentials: Credentials) -> Connector:
    # Each protocol's libraries take up to a second to import; only the one that is used is.
    if source.scheme == "sftp":
        from sources.connectors.sftp import SftpFolder

        return SftpFolder(source, credentials)
    if source.scheme == "s3":
        from sources.connectors.s3 import S3Prefix

        return S3Prefix(source, credentials)
    if source.scheme == "https":
        from sources.connectors.https import HttpsPages

        return HttpsPages(source, credentials)
    return LocalFolder(source)
