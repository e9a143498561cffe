"""Merkle trees and checkpoints against the test vectors of Certificate Transparency."""

from datetime import date
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from warehouse import Home
from warehouse.errors import SigningKeyError
from warehouse.record.key_files import signing_key
from warehouse.record.merkle import EMPTY, Tree, extends, included, leaf_hash, node_hash
from warehouse.record.note import (
    Checkpoint,
    CheckpointError,
    opened,
    public_key,
    public_text,
    signed,
)

#: Inputs and roots of the reference tree (certificate-transparency, merkletree tests; RFC 6962 section 2.1.3).
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(bytes.fromhex(each)) for each in INPUTS]


def plain_root(leaves):
    """MTH of RFC 6962 section 2.1 as it is written."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


def test_roots_are_those_of_the_reference_tree():
    assert Tree([]).root() == EMPTY == sha256(b"").digest()
    assert [Tree(LEAVES).root(size).hex() for size in range(1, 9)] == ROOTS


def test_roots_of_any_size_are_those_of_the_definition():
    leaves = [leaf_hash(bytes([each])) for each in range(40)]
    tree = Tree(leaves)
    assert all(tree.root(size) == plain_root(leaves[:size]) for size in range(41))


def test_known_proofs():
    tree = Tree(LEAVES)
    assert [each.hex()[:8] for each in tree.inclusion(0, 8)] == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert [each.hex()[:8] for each in tree.consistency(1, 8)] == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert [each.hex()[:8] for each in tree.consistency(6, 8)] == ["0ebc5d34", "ca854ea1", "d37ee418"]


def test_every_proof_holds_and_none_for_another_root():
    leaves = [leaf_hash(bytes([each])) for each in range(20)]
    tree, other = Tree(leaves), Tree([leaf_hash(b"x"), *leaves[1:]])
    for second in range(1, 21):
        for first in range(1, second + 1):
            proof = tree.consistency(first, second)
            assert extends(first, second, proof, tree.root(first), tree.root(second))
            assert not extends(first, second, proof, other.root(first), tree.root(second))
            index = first - 1
            path = tree.inclusion(index, second)
            assert included(leaves[index], index, second, path, tree.root(second))
            assert not included(leaves[index], index, second, path, other.root(second))
    assert not extends(3, 7, [*tree.consistency(3, 7), EMPTY], tree.root(3), tree.root(7))


def test_a_checkpoint_is_a_signed_note_and_any_change_is_found():
    key = Ed25519PrivateKey.generate()
    checkpoint = Checkpoint(8, Tree(LEAVES).root(), date(2026, 11, 11))
    note = signed(checkpoint.text(), key)
    assert note.splitlines()[:2] == ["tongguan/record", "8"]
    assert note.splitlines()[4:6] == ["", note.splitlines()[5]] and note.splitlines()[5].startswith(
        "— tongguan/record "
    )
    public = public_key(public_text(key.public_key()))
    assert opened(note, public) == checkpoint
    for changed in (note.replace("\n8\n", "\n7\n"), note.replace("2026-11-11", "2026-11-12")):
        with pytest.raises(CheckpointError, match="was altered"):
            opened(changed, public)
    with pytest.raises(CheckpointError, match="another key"):
        opened(signed(checkpoint.text(), Ed25519PrivateKey.generate()), public)
    with pytest.raises(CheckpointError, match="not a signed checkpoint"):
        opened("anything", public)


def test_the_key_is_made_once_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv("TONGGUAN_SIGNING_KEY", raising=False)
    home = Home(tmp_path / "home")
    made = signing_key(home)
    assert home.signing_key.stat().st_mode & 0o777 == 0o600
    assert signing_key(home).private_bytes_raw() == made.private_bytes_raw()
    monkeypatch.setenv("TONGGUAN_SIGNING_KEY", str(home.signing_key))
    assert signing_key(Home(tmp_path / "other")).private_bytes_raw() == made.private_bytes_raw()
    home.signing_key.chmod(0o644)
    with pytest.raises(SigningKeyError, match="chmod 600"):
        signing_key(home)
