"""The checksum, beside a slow one that follows its description, and beside rclone's."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.files.quick_xor import QuickXor

RCLONE = str(Path(sys.executable).parent / "rclone")


def described(data: bytes) -> str:
    """The checksum as Microsoft describes it, bit by bit."""
    bits = [0] * 160
    for number, byte in enumerate(data):
        for bit in range(8):
            bits[(number * 11 + bit) % 160] ^= byte >> bit & 1
    block = bytearray(sum(bits[start + bit] << bit for bit in range(8)) for start in range(0, 160, 8))
    for place, byte in enumerate(len(data).to_bytes(8, "little")):
        block[12 + place] ^= byte
    return base64.b64encode(block).decode()


def computed(*chunks: bytes) -> str:
    checksum = QuickXor()
    for chunk in chunks:
        checksum.update(chunk)
    return checksum.digest()


@given(st.lists(st.binary(max_size=500), max_size=8))
def test_it_is_as_described_and_how_the_bytes_are_cut_does_not_matter(chunks: list[bytes]) -> None:
    assert computed(*chunks) == described(b"".join(chunks))


def test_asking_for_it_in_between_changes_nothing() -> None:
    checksum = QuickXor()
    checksum.update(b"first")
    assert checksum.digest() == described(b"first")
    checksum.update(b"second")
    assert checksum.digest() == described(b"firstsecond")


@pytest.mark.parametrize("size", [0, 1, 159, 160, 161, 1_000_000])
def test_rclone_has_the_same(size: int, tmp_path: Path) -> None:
    data = random.Random(size).randbytes(size)  # noqa: S311 - no secret
    (tmp_path / "file").write_bytes(data)
    command = [RCLONE, "hashsum", "quickxor", "--base64", "--config", "/dev/null", str(tmp_path / "file")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = printed.split()[0].translate(str.maketrans("-_", "+/"))  # it prints base64 for web addresses
    assert computed(data) == theirs
