"""Encryption of what is kept in the database but must not be readable there: people's tokens."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnreadableSecretError(Exception):
    """A secret that none of the keys opens: the key was changed, or the database is another's."""


class Cipher:
    """Encrypts with the first of the keys (Fernet's, parted by commas), decrypts with any of them."""

    def __init__(self, keys: str) -> None:
        """Raises ValueError for something that is no key."""
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError:
            raise ValueError(
                "is no key; make one with: python -c "
                "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
            ) from None

    def encrypt(self, secret: str) -> bytes:
        """The secret, unreadable without a key."""
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, token: bytes) -> str:
        """The inverse of `encrypt`. Raises UnreadableSecretError."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            raise UnreadableSecretError("it was encrypted with a key that is not set any more") from None
