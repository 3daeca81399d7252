"""QuickXorHash, the digest that SharePoint announces for a file, after Microsoft's description."""

from __future__ import annotations

import base64

BITS = 160
_SHIFT = 11  # bits further for each byte: the pattern comes round again after 160 bytes
_BITS_OF_LENGTH = 64


def quick_xor_hash(content: bytes) -> str:
    """The hash of a file's bytes, in base64."""
    folded = 0
    for start in range(0, len(content), BITS):
        folded ^= int.from_bytes(content[start : start + BITS].ljust(BITS, b"\0"), "little")
    block = 0
    for position, byte in enumerate(folded.to_bytes(BITS, "little")):
        block ^= _rotated(byte, position * _SHIFT % BITS)
    block ^= len(content) << (BITS - _BITS_OF_LENGTH)
    return base64.b64encode(block.to_bytes(BITS // 8, "little")).decode()


def _rotated(byte: int, left: int) -> int:
    shifted = byte << left
    return shifted & ((1 << BITS) - 1) | shifted >> BITS
