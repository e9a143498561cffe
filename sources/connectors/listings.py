"""What a web server shows of a folder: a JSON list, a manifest, or a page of links; names relative to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urljoin, urlsplit


class ListingError(ValueError):
    """The page is no list of files that is understood."""


def names(text: str, url: str) -> tuple[list[str], list[str]]:
    """Files and folders that a page names, as URLs below the page's own folder, each once.

    JSON: a list of names or of objects with `name` (and `type`: "directory" as nginx writes it), or an object
    with such a list under `files`, as a manifest has. Anything else is read as HTML, and its links are taken.
    """
    folder = urljoin(url, ".")
    found = _json(text, folder) if text.lstrip("\ufeff \r\n\t").startswith(("[", "{")) else _links(text, url)
    below = [each for each in dict.fromkeys(found) if each.startswith(folder) and each not in (folder, url)]
    return [each for each in below if not each.endswith("/")], [each for each in below if each.endswith("/")]


def relative(url: str, root: str) -> str:
    """The name of a file below the root, as people write it; bytes that are not UTF-8 stay what they are."""
    return unquote(url.removeprefix(root), errors="surrogateescape")


def address(name: str, root: str) -> str:
    """The URL of a name: the opposite of `relative`."""
    return root + quote(name, errors="surrogateescape")


def _json(text: str, folder: str) -> list[str]:
    try:
        listed = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ListingError(f"it is not JSON: {error}") from None
    if isinstance(listed, Mapping):
        inner = listed.get("tongguan_manifest")
        listed = listed.get("files", inner.get("files") if isinstance(inner, Mapping) else None)
    if not isinstance(listed, list):
        raise ListingError("it holds no list of files")
    found = []
    for each in listed:
        name = each.get("name") if isinstance(each, Mapping) else each
        if not isinstance(name, str):
            raise ListingError("an entry has no name")
        inner_folder = isinstance(each, Mapping) and each.get("type") == "directory"
        try:
            quoted = quote(name)
        except UnicodeEncodeError:
            raise ListingError(f"the name {name[:80]!a} cannot be written") from None
        found.append(folder + quoted + ("/" if inner_folder and not name.endswith("/") else ""))
    return found


def _links(text: str, url: str) -> list[str]:
    page = _Page()
    page.feed(text)
    page.close()
    return [found for each in page.links if (found := _led_to(each, url)) is not None]


def _led_to(link: str, url: str) -> str | None:
    """Where a link leads; None for those that sort the page (?C=M), lead within it (#), or are no address."""
    try:
        parts = urlsplit(link)
        return None if parts.query or parts.fragment else urljoin(url, link)
    except ValueError:
        return None


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]
