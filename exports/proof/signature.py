"""Whether a manifest was signed with a key: a signature in minisign's form.

The only part of the check that needs more than the standard library: the package `cryptography`.
"""

import base64
import hashlib

from .members import Broken


def holds(content: bytes, manifest: bytes, key: str) -> bool:
    """Whether a signature in minisign's form is right; raises Broken where it cannot be read."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        _, packed, comment, over_all = content.decode().rstrip("\n").split("\n")
        signed = base64.b64decode(packed, validate=True)
        raw = base64.b64decode(key, validate=True)
        named = Ed25519PublicKey.from_public_bytes(raw[10:])
        trusted = comment.removeprefix("trusted comment: ").encode()
        outer = base64.b64decode(over_all, validate=True)
    except ValueError:
        raise Broken("cannot be read, or the public key cannot.") from None
    if signed[:2] != b"ED" or signed[2:10] != raw[2:10]:
        return False
    try:
        named.verify(signed[10:], hashlib.blake2b(manifest).digest())
        named.verify(outer, signed[10:] + trusted)
    except InvalidSignature:
        return False
    return True
