"""Proof of work before a look-up: a challenge that nobody has to remember, and what solves it.

A challenge is `<bits>.<expiry>.<salt>.<signature>`. The signature is made from the question too, so a solution is one for that
question and for nothing else, and any process can judge it. Solved is it by a nonce with which the SHA-256 of
`<challenge>:<nonce>` begins with so many zero bits. Source: A. Back, Hashcash, 2002.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime

from services.registry.schemas.voters import Proof

Digests = Callable[[bytes], Sequence[bytes]]
"""Keyed hashes of some data, that of the current key first."""


def new_challenge(digests: Digests, *, about: str, bits: int, expires_at: datetime, salt: str) -> str:
    """Return a challenge.

    Args:
        about: the question that it is for; nothing of it can be read in the challenge.
        bits: how hard it is; each more doubles the work.
        salt: eight random bytes in hexadecimal digits.
    """
    head = f"{bits}.{int(expires_at.timestamp())}.{salt}"
    return f"{head}.{_signature(head, about, digests)[0]}"


def is_solved(digests: Digests, proof: Proof, *, about: str, now: datetime) -> bool:
    """Say whether a challenge is one of ours for this question, still holds, and is solved."""
    head, _, signature = proof.challenge.rpartition(".")
    bits, expiry, _ = head.split(".")
    ours = [hmac.compare_digest(each, signature) for each in _signature(head, about, digests)]
    return (
        any(ours) and now.timestamp() < int(expiry) and zero_bits(proof.challenge, proof.nonce) >= int(bits)
    )


def zero_bits(challenge: str, nonce: str) -> int:
    """Return with how many zero bits the hash of a challenge and a nonce begins.

    Example: `zero_bits("a", "0") == 0`, for the hash begins with a one.
    """
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode()).digest()
    return 256 - int.from_bytes(digest).bit_length()


def _signature(head: str, about: str, digests: Digests) -> list[str]:
    return [each.hex()[:32] for each in digests(f"proof/{head}/{about}".encode())]
