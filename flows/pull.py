"""Where extracts come from: local folders as they are, remote ones copied in.

A source is a URL opened through fsspec. Local files are used where they lie; anything else is copied
into the run's folder first, so that landing sees only finished local files.
"""

from __future__ import annotations

from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from flows.errors import UsageProblem


def is_remote(url: str) -> bool:
    """Whether reaching the source can fail for reasons that pass (and is worth another try)."""
    return "://" in url and not url.startswith(("file://", "local://"))


def pull(url: str, into: Path) -> list[Path]:
    """Every file below `url`, sorted; remote ones are copied below `into`.

    Raises UsageProblem if a local folder or file does not exist, OSError if a remote one is out of reach.
    """
    filesystem, root = fsspec.core.url_to_fs(url)
    if isinstance(filesystem, LocalFileSystem):
        return _local(Path(root))
    into.mkdir(parents=True, exist_ok=True)
    pulled = []
    for remote in sorted(filesystem.find(root)):
        target = into / Path(remote).relative_to(Path(root))
        target.parent.mkdir(parents=True, exist_ok=True)
        filesystem.get_file(remote, str(target))
        pulled.append(target)
    return pulled


def _local(root: Path) -> list[Path]:
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise UsageProblem(f"inbox {root} does not exist. Give --inbox a folder of extracts or one file.")
    return sorted(each for each in root.rglob("*") if each.is_file() and not _hidden(each, root))


def _hidden(path: Path, root: Path) -> bool:
    """Editors' and transfer programs' leavings: names that begin with a dot or end in .part or .tmp."""
    return any(part.startswith(".") for part in path.relative_to(root).parts) or path.suffix in {
        ".part",
        ".tmp",
    }
