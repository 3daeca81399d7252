"""QuickXorHash, the checksum that SharePoint keeps of every file. It finds accidents, not forgeries.

Byte number i is rotated left by 11·i bits within 160 bits and joined by XOR, so that bytes 160 apart meet in
the same place: they are joined first, a whole chunk at a time, and rotated once at the end. The length of it
all, in bytes, is joined with the upper 64 bits.
https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash
"""

from __future__ import annotations

import base64

import numpy as np

SHIFT = 11
BITS = 160
PERIOD = 160  # bytes until the rotation is again that of the first one
_MASK = (1 << BITS) - 1


class QuickXor:
    """The checksum of bytes that come in chunks of any size."""

    def __init__(self) -> None:
        self._joined = np.zeros(PERIOD, np.uint8)
        self._length = 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes."""
        data = np.frombuffer(chunk, np.uint8)
        start = self._length % PERIOD
        head, rest = np.split(data, [PERIOD - start])  # head: to the end of the period that was begun
        periods, tail = np.split(rest, [len(rest) // PERIOD * PERIOD])
        self._joined[start : start + len(head)] ^= head
        self._joined ^= np.bitwise_xor.reduce(periods.reshape(-1, PERIOD), axis=0)
        self._joined[: len(tail)] ^= tail
        self._length += len(chunk)

    def digest(self) -> str:
        """The checksum of all bytes so far, in base64, as `quickXorHash` of a drive item has it."""
        value = self._length << (BITS - 64)
        for number, byte in enumerate(self._joined.tolist()):
            shifted = byte << (number * SHIFT % BITS)
            value ^= (shifted & _MASK) | (shifted >> BITS)
        return base64.b64encode(value.to_bytes(BITS // 8, "little")).decode()
