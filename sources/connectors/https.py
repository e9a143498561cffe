"""Files of a web server: its certificate is verified, and a redirect to another host is not followed."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from fsspec.asyn import get_loop, sync

from sources import beijing
from sources.connectors import listings
from sources.connectors.entry import (
    CHUNK,
    DONE_MARKER,
    Entry,
    EntryProblem,
    SourceDown,
    SourceError,
    SourceRefused,
    Unlisted,
)
from sources.credentials import Credentials
from sources.zone_sources import MANIFEST, Source

PORT = 443
#: Redirects within the host that are followed, pages of folders that are read, and bytes of one.
MOST_REDIRECTS, MOST_PAGES, MOST_PAGE_BYTES = 5, 500, 16 * 1024**2
#: Files asked about at the same time.
AT_ONCE = 8
_OK, _PARTIAL, _UNMET, _RANGE = 200, 206, 412, 416
_REDIRECTS = (301, 302, 303, 307, 308)
_OF_FILE = {
    403: "the server refuses it",
    404: "it is gone",
    410: "it is gone",
    _UNMET: "it was replaced meanwhile",
}
_PASSING = (408, 425, 429, *range(500, 600))
#: Of one file too these speak of us, not of it: who we are, and how much we ask.
_OF_SOURCE = (401, 407, 408, 425, 429)


class _Answer(Exception):
    """A status that is not the one hoped for."""

    def __init__(self, status: int) -> None:
        self.status = status


class HttpsPages:
    """Files below a page, or those the source names."""

    atomic = False

    def __init__(self, source: Source, credentials: Credentials) -> None:
        self._source, self._credentials = source, credentials
        self._limit = source.timeout_seconds
        self._host = source.host + (f":{source.port}" if source.port else "")
        self._url = f"https://{self._host}{source.root}"
        self._folder = urljoin(self._url, ".")
        self._tls = ssl.create_default_context()
        if source.ca_file:
            try:
                self._tls.load_verify_locations(cafile=source.ca_file)
            except (OSError, ssl.SSLError):
                raise SourceRefused(
                    f"{source.ca_file} cannot be read as certificates; mend ca_file"
                ) from None
        self.unlisted: list[Unlisted] = []
        self._proxy = None if proxy_bypass(source.host) else getproxies().get("https")
        self._session = sync(get_loop(), self._begin)

    def entries(self) -> Sequence[Entry]:
        """The files the source names, or those its pages link to, with what the server says of each."""
        self.unlisted = []
        urls = [self._folder + quote(each) for each in self._source.files] or self._listed()
        wanted = [each for each in urls if self._wanted(listings.relative(each, self._folder))]
        with self._answering():
            found = sync(get_loop(), self._ask_all, wanted)
        refused = [
            (listings.relative(url, self._folder), each.status)
            for url, each in zip(wanted, found, strict=True)
            if isinstance(each, _Answer)
        ]
        if refused and len(refused) == len(wanted):
            self._hold_against_the_source(refused[0][1])
        self.unlisted = [Unlisted(name, _refused_alone(status)) for name, status in refused]
        if self._source.files:  # a page may link to what is gone, but a file that people name is missed
            absent = (url for url, each in zip(wanted, found, strict=True) if each is None)
            self.unlisted += [Unlisted(listings.relative(url, self._folder), _ABSENT) for url in absent]
        return sorted((each for each in found if isinstance(each, Entry)), key=lambda each: each.name)

    def entry(self, listed: Entry) -> Entry:
        """The file as it is now."""
        with self._answering(file=True):
            found: Entry | None = sync(get_loop(), self._ask, self._at(listed))
        if found is None:
            raise EntryProblem("it is gone")
        return found

    def stream(self, entry: Entry, start: int) -> tuple[int, Iterator[bytes]]:
        """Its bytes from `start` on where the server offers that and the file is the same, else from 0."""
        wanted = {}
        if start and entry.version:
            wanted = {"Range": f"bytes={start}-", "If-Range": entry.version}
        with self._answering(file=True):
            answer = self._get(self._at(entry), wanted)
            if answer.status == _RANGE:
                answer.close()
                answer = self._get(self._at(entry), {})
            self._expect(answer, _OK, _PARTIAL)
        resumed = answer.status == _PARTIAL and answer.headers.get("Content-Range", "").startswith(
            f"bytes {start}-"
        )
        if answer.status == _PARTIAL and not resumed:
            answer.close()
            raise EntryProblem("the server sent another part than was asked for")
        return start if resumed else 0, self._chunks(answer)

    def identity(self) -> str:
        """The fingerprint of the server's certificate, which was verified."""
        with suppress(OSError, ssl.SSLError):
            address = (self._source.host, self._source.port or PORT)
            with (
                socket.create_connection(address, self._limit) as plain,
                self._tls.wrap_socket(plain, server_hostname=self._source.host) as secure,
            ):
                certificate = secure.getpeercert(binary_form=True) or b""
                return f"certificate SHA256:{hashlib.sha256(certificate).hexdigest()}"
        return "certificate not seen (by way of a proxy)"

    def close(self) -> None:
        """End all connections."""
        with suppress(OSError, TimeoutError):
            sync(get_loop(), self._session.close, timeout=5)

    def _listed(self) -> list[str]:
        """URLs of the files that the page and the folders below it name."""
        files: list[str] = []
        pages, read = [self._url], set[str]()
        while pages:
            url = pages.pop()
            if url in read:
                continue
            read.add(url)
            if len(read) > MOST_PAGES:
                raise SourceRefused(f"more than {MOST_PAGES} pages of folders; name a deeper page in url")
            with self._answering():
                text = sync(get_loop(), self._page, url)
            try:
                here, below = listings.names(text, url)
            except listings.ListingError as error:
                raise SourceRefused(f"{url} is no list of files: {error}") from None
            files += here
            pages += below
        return list(dict.fromkeys(files))

    def _wanted(self, name: str) -> bool:
        """Whether a file is worth a question to the server."""
        return self._source.takes(name) or name.endswith(DONE_MARKER) or self._source.ready == MANIFEST

    def _at(self, entry: Entry) -> str:
        return listings.address(entry.name, self._folder)

    async def _begin(self) -> aiohttp.ClientSession:
        given = self._credentials
        headers = {"Accept-Encoding": "identity"}  # sizes are those of the files
        if given.token:
            headers["Authorization"] = f"Bearer {given.token}"
        basic = (
            aiohttp.BasicAuth(given.user, given.password or "") if given.user and not given.token else None
        )
        return aiohttp.ClientSession(
            auth=basic,
            headers=headers,
            auto_decompress=False,
            connector=aiohttp.TCPConnector(ssl=self._tls),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._limit, sock_read=self._limit, connect=self._limit
            ),
        )

    async def _send(self, method: str, url: str, headers: dict[str, str]) -> aiohttp.ClientResponse:
        """The answer, after redirects within the host."""
        for _ in range(MOST_REDIRECTS + 1):
            answer: aiohttp.ClientResponse = await self._session.request(
                method, url, headers=headers, allow_redirects=False, proxy=self._proxy
            )
            if answer.status not in _REDIRECTS:
                return answer
            answer.release()
            try:
                url = urljoin(url, answer.headers.get("Location", ""))
                there = urlsplit(url)
            except ValueError:
                raise SourceRefused(f"{self._host} sends us on to what is no address") from None
            if (there.scheme, there.netloc) != ("https", self._host):
                raise SourceRefused(
                    f"{self._host} sends us on to {there.scheme}://{there.hostname}, which the zone file does not name; "
                    "if that is right, write it as url"
                )
        raise SourceRefused(f"{self._host} sends us in circles")

    def _get(self, url: str, headers: dict[str, str]) -> aiohttp.ClientResponse:
        answer: aiohttp.ClientResponse = sync(get_loop(), self._send, "GET", url, headers)
        return answer

    async def _page(self, url: str) -> str:
        answer = await self._send("GET", url, {})
        async with answer:
            self._expect(answer, _OK)
            body = await answer.content.read(MOST_PAGE_BYTES + 1)
            while chunk := await answer.content.read(MOST_PAGE_BYTES + 1 - len(body)) if body else b"":
                body += chunk
        if len(body) > MOST_PAGE_BYTES:
            raise SourceRefused(f"{url} is longer than any list of files; mend url")
        return body.decode("utf-8", "replace")

    def _hold_against_the_source(self, status: int) -> None:
        """Raise what a status means that every file answered with, unless a page let us in that links to them."""
        if self._source.files or status in _PASSING:
            raise self._meaning(status, file=False)

    async def _ask_all(self, urls: Sequence[str]) -> list[Entry | _Answer | None]:
        """What the server says of each file; an answer that concerns this one file only comes back as such."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(url: str) -> Entry | _Answer | None:
            async with turn:
                try:
                    return await self._ask(url)
                except _Answer as answer:
                    if answer.status in _OF_SOURCE:
                        raise
                    return answer

        return await asyncio.gather(*(one(each) for each in urls))

    async def _ask(self, url: str) -> Entry | None:
        """What the server says of a file; None where there is none."""
        async with await self._send("HEAD", url, {}) as answer:
            name = listings.relative(url, self._folder)
            if answer.status in (404, 410):
                return None
            if answer.status in (405, 501):
                return Entry(name)  # it does not say; the bytes will
            self._expect(answer, _OK)
            size = answer.headers.get("Content-Length")
            return Entry(
                name,
                int(size) if size and size.isdigit() else None,
                _moment(answer.headers.get("Last-Modified")),
                answer.headers.get("ETag"),
            )

    def _expect(self, answer: aiohttp.ClientResponse, *statuses: int) -> None:
        if answer.status not in statuses:
            answer.close()
            raise _Answer(answer.status)

    def _chunks(self, answer: aiohttp.ClientResponse) -> Iterator[bytes]:
        with self._answering(file=True):
            try:
                while chunk := sync(get_loop(), answer.content.read, CHUNK):
                    yield chunk
            finally:
                get_loop().call_soon_threadsafe(answer.close)

    @contextmanager
    def _answering(self, *, file: bool = False) -> Iterator[None]:
        """Failures of the server as what they mean to people; `file`: of one file, not of the source."""
        try:
            yield
        except (SourceError, EntryProblem):
            raise
        except _Answer as answer:
            raise self._meaning(answer.status, file) from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise SourceRefused(
                f"{self._host} shows a certificate that is not trusted ({error.certificate_error}); "
                "have it mended, or name who signed it as ca_file"
            ) from None
        except TimeoutError:
            raise SourceDown(f"{self._host} did not answer within {self._limit} s") from None
        except (aiohttp.ClientError, OSError) as error:
            # Texts of these may quote the proxy, and with it whom it lets in.
            raise SourceDown(
                f"{self._host} cannot be reached or was cut off ({type(error).__name__})"
            ) from None

    def _meaning(self, status: int, file: bool) -> SourceError | EntryProblem:
        if file and status in (403, 404, 410, _UNMET):
            return EntryProblem(_OF_FILE[status])
        if status in (401, 403, 407):
            return SourceRefused(f"{self._host} does not let us in (status {status}): set `credentials` anew")
        if status in (404, 410):
            return SourceRefused(f"{self._host} has no page {self._source.root} (status {status}); mend url")
        if status in _PASSING:
            return SourceDown(f"{self._host} answers with status {status}")
        return SourceRefused(f"{self._host} answers with status {status}")


_ABSENT = "is not on the server: ask its operator for it, or take it out of `files`"


def _refused_alone(status: int) -> str:
    """What to say of a file that the server does not show while it shows others."""
    todo = "ask its operator to open or remove it" if status == 403 else "ask its operator if it stays so"
    return f"is refused by the server (status {status}): {todo}"


def _moment(text: str | None) -> datetime | None:
    """A header's date in Beijing time."""
    if not text:
        return None
    try:
        return beijing.local(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None  # no date: the other signs count
