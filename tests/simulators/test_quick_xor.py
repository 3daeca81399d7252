"""QuickXorHash: known values, and stock rclone's."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.graph.quick_xor import quick_xor_hash
from tests.rclone import PROGRAM

URL_SAFE = str.maketrans("-_", "+/")  # the letters in which rclone's base64 differs
SIZES = (0, 1, 14, 15, 19, 20, 21, 159, 160, 161, 319, 320, 321, 4096, 100_003)


def test_a_known_value() -> None:
    assert quick_xor_hash(b"hello world") == "aCgDG9jwBhDc4Q1yawMZAAAAAAA="


@pytest.mark.process
def test_rclone_finds_the_same(tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - test data, not a secret
    contents = {f"{size}.bin": dice.randbytes(size) for size in SIZES}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    command = [str(PROGRAM), "hashsum", "quickxor", "--base64", str(tmp_path), "--config", ""]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    found = {name: value for value, name in map(str.split, listed.translate(URL_SAFE).splitlines())}
    assert found == {name: quick_xor_hash(content) for name, content in contents.items()}
