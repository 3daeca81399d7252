"""What is kept in the database is unreadable without a key, also while keys are being changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.cipher import Cipher, UnreadableSecretError

OLD, NEW = "b2xk" * 10 + "b2w=", "bmV3" * 10 + "bmU="  # 32 bytes each


@given(st.text())
def test_a_secret_comes_back_as_it_was(secret: str) -> None:
    assert Cipher(NEW).decrypt(Cipher(NEW).encrypt(secret)) == secret


def test_a_secret_cannot_be_read_off_what_is_kept_and_never_looks_the_same() -> None:
    first, second = (Cipher(NEW).encrypt("a refresh token") for _ in range(2))
    assert b"refresh" not in first
    assert first != second


def test_while_keys_are_changed_older_secrets_can_be_read_and_new_ones_have_the_new_key() -> None:
    old = Cipher(OLD).encrypt("a refresh token")
    both = Cipher(f"{NEW}, {OLD}")
    assert both.decrypt(old) == "a refresh token"
    assert Cipher(NEW).decrypt(both.encrypt("another")) == "another"


def test_without_its_key_a_secret_is_refused_in_plain_words() -> None:
    kept = Cipher(OLD).encrypt("a refresh token")
    with pytest.raises(UnreadableSecretError, match="encrypted with a key that is not set any more"):
        Cipher(NEW).decrypt(kept)


def test_what_was_never_encrypted_or_is_damaged_is_refused() -> None:
    for damaged in (b"", b"not encrypted at all", Cipher(NEW).encrypt("a refresh token")[:-9]):
        with pytest.raises(UnreadableSecretError):
            Cipher(NEW).decrypt(damaged)


@pytest.mark.parametrize("keys", ["", "hush-hush", "c2hvcnQ=", f"{NEW},", f"{NEW},hush-hush"])
def test_what_is_no_key_is_refused_and_not_repeated(keys: str) -> None:
    with pytest.raises(ValueError, match="is no key; make one with: python") as refusal:
        Cipher(keys)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__
    for part in filter(None, keys.split(",")):
        assert part not in str(refusal.value)
