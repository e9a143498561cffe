"""SFTP through sshfs, which is asyncssh below: the host key is verified, always, before anything is sent.

fsspec's own `sftp` (paramiko) takes any host key, and sshfs does so too unless it is given known hosts: here
they are always given. Keys and settings of the account (~/.ssh/config, agents) are left alone.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncssh
from fsspec.asyn import get_loop, sync
from sshfs import SSHFileSystem

from sources import beijing
from sources.connectors.entry import CHUNK, Entry, EntryProblem, SourceDown, SourceRefused, Unlisted
from sources.credentials import Credentials
from sources.zone_sources import Source

PORT = 22
#: Folders below the root are followed this deep; deeper is a loop of mounts or a mistake in the URL.
DEEPEST = 16


#: What a server answers that refuses one path; SFTPFailure is all that many know to say.
_REFUSALS = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchPath, asyncssh.SFTPFailure)


class _Files(SSHFileSystem):  # type: ignore[misc]  # sshfs has no types
    """sshfs that takes what a server shows without permissions for a file: a protocol lets servers leave them out."""

    def _decode_attributes(self, attributes: asyncssh.SFTPAttrs) -> dict[str, Any]:
        if attributes.permissions is None:
            folder = attributes.type == asyncssh.FILEXFER_TYPE_DIRECTORY
            attributes.permissions = stat.S_IFDIR if folder else stat.S_IFREG
        about: dict[str, Any] = super()._decode_attributes(attributes)
        return about


class SftpFolder:
    """A folder of an SFTP server, walked recursively; links to folders are not followed."""

    atomic = False

    def __init__(self, source: Source, credentials: Credentials) -> None:
        self._source, self._credentials = source, credentials
        self._host, self._port = source.host, source.port or PORT
        self._limit = source.timeout_seconds
        home, beneath = source.root.startswith("/~"), source.root.removeprefix("/~").strip("/")
        self._root = beneath or "." if home else f"/{beneath}"
        known_hosts = source.known_hosts or Path.home() / ".ssh" / "known_hosts"
        if not known_hosts.is_file():
            raise SourceRefused(
                f"there is no file {known_hosts} to know its host key by; {self._how_to_trust(known_hosts)}"
            )
        self.unlisted: list[Unlisted] = []
        get_loop().set_exception_handler(_told_already)
        try:
            self._fs = self._open(known_hosts)
        except asyncssh.HostKeyNotVerifiable:
            raise SourceRefused(self._other_key(known_hosts)) from None

    def entries(self) -> Sequence[Entry]:
        """Every file below the folder, by name."""
        self.unlisted = []
        found: list[Entry] = []
        folders = [""]
        while folders:
            folder = folders.pop()
            for each in self._list(folder):
                if each["type"] == "directory":
                    if each["name"].count("/") >= DEEPEST:
                        raise SourceRefused(
                            f"{each['name']} lies {DEEPEST} folders deep; name a deeper one in url"
                        )
                    folders.append(each["name"])
                elif each["type"] == "file":
                    found.append(_entry(each["name"], each))
        return sorted(found, key=lambda each: each.name)

    def entry(self, listed: Entry) -> Entry:
        """The file as it is now."""
        with self._answering():
            try:
                return _entry(listed.name, self._fs.info(self._path(listed.name), timeout=self._limit))
            except FileNotFoundError:
                raise EntryProblem("it is gone") from None

    def stream(self, entry: Entry, start: int) -> tuple[int, Iterator[bytes]]:
        """Its bytes from `start` on."""
        return start, self._chunks(entry, start)

    def identity(self) -> str:
        """The fingerprint of the host key that was verified."""
        key = self._fs.client.get_server_host_key()
        return f"host key {key.get_fingerprint()}" if key else "no host key"

    def close(self) -> None:
        """End the connection."""

        async def end() -> None:
            self._fs.client.close()
            await self._fs.client.wait_closed()

        with suppress(OSError, asyncssh.Error):  # it may be gone already
            sync(self._fs.loop, end, timeout=5)

    def _chunks(self, entry: Entry, start: int) -> Iterator[bytes]:
        with self._answering():
            try:
                file = self._fs.open(self._path(entry.name), "rb")
            except FileNotFoundError:
                raise EntryProblem("it is gone") from None
            try:
                file.seek(start)
                while chunk := file.read(CHUNK, timeout=self._limit):
                    yield chunk
            finally:
                if not self._fs.client.is_closed():
                    file.close()

    def _list(self, folder: str) -> list[dict[str, Any]]:
        """What a folder holds. Only the root must be there and open: an inner one is left out and named."""
        with self._answering():
            try:
                listed: list[dict[str, Any]] = self._fs.ls(
                    self._path(folder), detail=True, timeout=self._limit
                )
            except FileNotFoundError:
                if folder:
                    return []  # taken away since the folder around it was listed
                raise SourceRefused(
                    f"there is no folder {self._path(folder)} on {self._host}, or the account must not see it; "
                    "mend url in the zone file"
                ) from None
            except _REFUSALS as error:
                if folder:
                    self.unlisted.append(
                        Unlisted(
                            folder,
                            f"cannot be looked into ({self._said(error)}): have {self._source.user} given the right",
                            folder=True,
                        )
                    )
                    return []
                if isinstance(error, asyncssh.SFTPFailure):
                    raise  # says nothing but that it failed: another try may tell
                raise SourceRefused(
                    f"{self._host} does not let {self._source.user} list the folder {self._path(folder)} "
                    f"({self._said(error)}): have it given the right to list and read, or mend url in the zone file"
                ) from None
        for each in listed:
            # What the server calls it, below our root: the server does not choose the folder.
            name = each["name"].removeprefix(self._path(folder).rstrip("/") + "/")
            each["name"] = f"{folder}/{name}" if folder else name
            if each["type"] == "link":
                each.update(self._behind(each["name"]))
        return listed

    def _behind(self, name: str) -> dict[str, Any]:
        """A link as what it leads to; not followed where that is a folder or nothing, and named where it is closed."""
        with self._answering():
            try:
                about: dict[str, Any] = self._fs.info(self._path(name), timeout=self._limit)
            except FileNotFoundError:
                return {}
            except _REFUSALS as error:
                reason = f"is a link that cannot be followed ({self._said(error)})"
                self.unlisted.append(Unlisted(name, reason))
                return {}
        return {**about, "name": name} if about["type"] == "file" else {}

    def _said(self, error: asyncssh.Error) -> str:
        """The server's own words."""
        return self._credentials.hide(error.reason) or type(error).__name__

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}" if name else self._root

    def _open(self, known_hosts: Path) -> SSHFileSystem:
        given = self._credentials
        with self._answering(opening=True):
            return _Files(
                self._host,
                port=self._port,
                username=self._source.user,
                password=given.password,
                client_keys=[self._key(given)] if given.key else None,
                known_hosts=str(known_hosts),
                config=None,
                agent_path=None,
                connect_timeout=self._limit,
                login_timeout=self._limit,
                keepalive_interval=max(1.0, self._limit / 4),  # a server that fell silent is noticed
                keepalive_count_max=3,
                timeout=3 * self._limit,
                # A name that is not UTF-8 is one file's fault: it comes back as it is and is refused by its name.
                sftp_client_kwargs={"path_errors": "surrogateescape"},
                skip_instance_cache=True,  # the cache would keep the password, and a connection that is gone
            )

    def _key(self, given: Credentials) -> asyncssh.SSHKey:
        text = given.key or ""
        try:
            if text.lstrip().startswith("-----BEGIN"):
                return asyncssh.import_private_key(text, given.passphrase)
            return asyncssh.read_private_key(text, given.passphrase)
        except (OSError, ValueError):  # their texts may quote the key
            raise SourceRefused(
                "its private key cannot be read: give the key itself or the file that holds it; one with a passphrase "
                "must be PKCS#8 (`ssh-keygen -p -m PKCS8 -f FILE`), with the passphrase beside it"
            ) from None

    @contextmanager
    def _answering(self, *, opening: bool = False) -> Iterator[None]:
        """Failures of the connection as what they mean to people."""
        where = f"{self._host}:{self._port}"
        try:
            yield
        except asyncssh.HostKeyNotVerifiable:
            raise
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPNoSuchPath) as error:
            raise EntryProblem(f"the server refuses it: {self._said(error)}") from None
        except PermissionError:
            raise SourceRefused(
                f"{where} does not accept the credentials of {self._source.user}; "
                "set those of `credentials` anew, or have the account unlocked"
            ) from None
        except (asyncssh.KeyExchangeFailed, asyncssh.ProtocolNotSupported, asyncssh.IllegalUserName) as error:
            raise SourceRefused(
                f"{where} cannot agree with us: {self._credentials.hide(error.reason)}"
            ) from None
        except TimeoutError:
            raise SourceDown(f"{where} did not answer within {self._limit} s") from None
        except (OSError, asyncssh.Error) as error:
            done = "cannot be reached" if opening else "was cut off"
            raise SourceDown(
                f"{where} {done}: {self._credentials.hide(str(error) or type(error).__name__)}"
            ) from None

    def _other_key(self, known_hosts: Path) -> str:
        """What to say of a host key that is not the one known."""
        trusted = asyncssh.match_known_hosts(str(known_hosts), self._host, "", self._port)[0]
        shown = "which it did not show again"
        with suppress(OSError, asyncssh.Error):
            key = sync(
                get_loop(),
                asyncssh.get_server_host_key,
                self._host,
                self._port,
                config=None,
                timeout=self._limit,
            )
            shown = key.get_fingerprint() if key else shown
        if trusted:
            known = ", ".join(each.get_fingerprint() for each in trusted)
            return (
                f"the host key of {self._host}:{self._port} is {shown} and not {known} as in {known_hosts}: somebody "
                "may stand between. Nothing was sent. Ask its operator; only if the key was changed, replace the line"
            )
        return (
            f"the host key of {self._host}:{self._port}, {shown}, is not in {known_hosts}; "
            f"{self._how_to_trust(known_hosts)}"
        )

    def _how_to_trust(self, known_hosts: Path) -> str:
        return (
            f"have its operator read you the fingerprint, compare it with `ssh-keyscan -p {self._port} {self._host} | "
            f"ssh-keygen -lf -`, and add the line of ssh-keyscan to {known_hosts}"
        )


def _told_already(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Of several reads under way when a line breaks, one is told; the others would fill the log with the same."""
    if not isinstance(context.get("exception"), (asyncssh.Error, OSError)):
        loop.default_exception_handler(context)


def _entry(name: str, about: dict[str, Any]) -> Entry:
    modified: datetime | None = about["mtime"]
    return Entry(name, about["size"], beijing.local(modified) if modified else None)
