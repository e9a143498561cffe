"""The file of the key that signs the record: read, made where there is none yet, never shown."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from warehouse.errors import SigningKeyAbsentError, SigningKeyError
from warehouse.home import Home, write_once

KEY_FILE = "TONGGUAN_SIGNING_KEY"
_SEED_BYTES = 32
_GO_ON = (
    f"Put the key of the record there from its copy, or let {KEY_FILE} name it: what was committed and published "
    "stays, nothing was sealed, and the next run with that key seals all of it. Where it is lost, see "
    "`tongguan signing-key replace`"
)


def key_file(home: Home) -> Path:
    """The file TONGGUAN_SIGNING_KEY names, else `signing.key` of the home."""
    given = os.environ.get(KEY_FILE, "")
    return Path(given) if given else home.signing_key


def signing_key(home: Home, known: Ed25519PublicKey | None = None) -> Ed25519PrivateKey:
    """The key in use, 32 bytes in base64; made with mode 0600 on first use in a home whose environment names none.

    `known`: the key the record goes on with; none is made for it. Raises SigningKeyAbsentError where it is not there,
    SigningKeyError where its file cannot be used, or can be read by others.
    """
    path = key_file(home)
    if known is None and not os.environ.get(KEY_FILE):
        home.prepare()
        make(path)
    elif not path.exists():
        raise SigningKeyAbsentError(f"there is no key in {path} to sign the record with. {_GO_ON}")
    key = private_key(path)
    if known is not None and not pair(key, known):
        raise SigningKeyAbsentError(
            f"the key in {path} is not the one that the record is signed with. {_GO_ON}"
        )
    return key


def make(path: Path) -> None:
    """A new key, where there is none in this file."""
    write_once(path, b64encode(os.urandom(_SEED_BYTES)) + b"\n")


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key of a file. Raises SigningKeyError where it holds none, or others can read it."""
    try:
        if path.stat().st_mode & 0o077:
            raise SigningKeyError(f"{path} can be read by other accounts: run `chmod 600 {path}`")
        seed = b64decode(path.read_bytes().strip(), validate=True)
        return Ed25519PrivateKey.from_private_bytes(seed)
    except (OSError, ValueError) as error:
        raise SigningKeyError(
            f"no Ed25519 key in {path}: it must hold 32 bytes in base64 ({error})"
        ) from error


def pair(key: Ed25519PrivateKey, public: Ed25519PublicKey) -> bool:
    """Whether they belong together."""
    return key.public_key().public_bytes_raw() == public.public_bytes_raw()
