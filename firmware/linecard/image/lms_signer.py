"""Makes LMS keys and signatures (RFC 8554): LMOTS_SHA256_N32_W8 under a tree of height 5, 10 or 15.

A leaf signs once: two signatures of one leaf give its secrets away. The count of leaves used is in
the key file, and is on the disk before a signature leaves this module.
"""

import fcntl
import hashlib
import json
import os
import secrets
import struct
from dataclasses import dataclass
from pathlib import Path

_W8, _CHAINS, _END = 4, 34, 255
_TREE_TYPES = {5: 5, 10: 6, 15: 7}
_D_PBLK, _D_MESG, _D_LEAF, _D_INTR = b"\x80\x80", b"\x81\x81", b"\x82\x82", b"\x83\x83"


class KeyExhausted(ValueError):
    """Every leaf of the key has signed once."""


def _hash(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _u32(number: int) -> bytes:
    return struct.pack(">I", number)


@dataclass(frozen=True, slots=True)
class Secret:
    """``identifier``: I, 16 bytes; ``seed``: all one-time secrets come from it (appendix A)."""

    identifier: bytes
    seed: bytes
    height: int

    def chain_start(self, leaf: int, chain: int) -> bytes:
        """x_q[i] of RFC 8554, appendix A."""
        return _hash(self.identifier, _u32(leaf), struct.pack(">H", chain), b"\xff", self.seed)

    def run_chain(self, leaf: int, chain: int, value: bytes, start: int, end: int) -> bytes:
        head = self.identifier + _u32(leaf) + struct.pack(">H", chain)
        for step in range(start, end):
            value = hashlib.sha256(head + bytes((step,)) + value).digest()
        return value

    def leaf_hash(self, leaf: int) -> bytes:
        ends = [
            self.run_chain(leaf, chain, self.chain_start(leaf, chain), 0, _END)
            for chain in range(_CHAINS)
        ]
        one_time_key = _hash(self.identifier, _u32(leaf), _D_PBLK, *ends)
        return _hash(self.identifier, _u32((1 << self.height) + leaf), _D_LEAF, one_time_key)

    def leaves(self) -> list[bytes]:
        """All leaves' hashes; height 10 takes some ten seconds."""
        return [self.leaf_hash(leaf) for leaf in range(1 << self.height)]

    def tree(self, leaves: list[bytes]) -> list[bytes]:
        """Nodes 1 (the root) to 2^(height+1)-1; node 0 is nothing."""
        nodes = [b""] * len(leaves) + leaves
        for node in range(len(leaves) - 1, 0, -1):
            nodes[node] = _hash(
                self.identifier, _u32(node), _D_INTR, nodes[2 * node], nodes[2 * node + 1]
            )
        return nodes

    def public(self, nodes: list[bytes]) -> bytes:
        """56 bytes: RFC 8554 section 5.3."""
        return _u32(_TREE_TYPES[self.height]) + _u32(_W8) + self.identifier + nodes[1]

    def sign(self, leaf: int, nodes: list[bytes], message: bytes) -> bytes:
        """RFC 8554 section 5.4.1. Never twice with one leaf."""
        salt = secrets.token_bytes(32)
        digest = _hash(self.identifier, _u32(leaf), _D_MESG, salt, message)
        checksum = struct.pack(">H", sum(_END - byte for byte in digest))
        chains = [
            self.run_chain(leaf, chain, self.chain_start(leaf, chain), 0, coefficient)
            for chain, coefficient in enumerate(digest + checksum)
        ]
        path = [nodes[((1 << self.height) + leaf >> level) ^ 1] for level in range(self.height)]
        return b"".join(
            (_u32(leaf), _u32(_W8), salt, *chains, _u32(_TREE_TYPES[self.height]), *path)
        )


def make_key(path: Path, height: int = 10) -> bytes:
    """A new key in ``path`` (must not exist; readable by its owner only); its public key."""
    secret = Secret(secrets.token_bytes(16), secrets.token_bytes(32), height)
    leaves = secret.leaves()
    state = {
        "identifier": secret.identifier.hex(),
        "seed": secret.seed.hex(),
        "height": height,
        "next_leaf": 0,
        "leaves": [leaf.hex() for leaf in leaves],
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)
    return secret.public(secret.tree(leaves))


def sign(path: Path, messages: list[bytes]) -> tuple[bytes, list[bytes]]:
    """The public key, and a signature of each message.

    The key file is locked meanwhile; the leaves count as used, on the disk, before anything is
    signed. Raises KeyExhausted.
    """
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = json.loads(path.read_text("ascii"))
        first, height = int(state["next_leaf"]), int(state["height"])
        if first + len(messages) > 1 << height:
            raise KeyExhausted(f"{path}: all {1 << height} signatures of this key are used")
        state["next_leaf"] = first + len(messages)
        _replace(path, json.dumps(state))
    finally:
        os.close(lock)
    secret = Secret(bytes.fromhex(state["identifier"]), bytes.fromhex(state["seed"]), height)
    nodes = secret.tree([bytes.fromhex(leaf) for leaf in state["leaves"]])
    signatures = [
        secret.sign(first + number, nodes, message) for number, message in enumerate(messages)
    ]
    return secret.public(nodes), signatures


def public_key(path: Path) -> bytes:
    """The public key of the key in ``path``."""
    return sign(path, [])[0]


def _replace(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
