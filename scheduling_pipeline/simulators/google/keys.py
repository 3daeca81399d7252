"""The keys that the simulator makes once, keeps in its home and finds again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


def token_key(path: Path) -> str:
    """A Fernet key under which the pipeline keeps what people entrust to it."""
    if not path.exists():
        _write(path, Fernet.generate_key().decode())
    return path.read_text()


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """The service account's key, and the file in which Google hands it out."""

    path: Path
    _key: RSAPrivateKey = field(repr=False)

    @classmethod
    def kept_at(cls, path: Path) -> Self:
        """The key in the file at `path`, or a new one if there is no file yet."""
        if not path.exists():
            return cls(path, generate_private_key(public_exponent=65537, key_size=2048))
        key = load_pem_private_key(json.loads(path.read_text())["private_key"].encode(), None)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError(f"{path} holds another kind of key than RSA")
        return cls(path, key)

    @property
    def public(self) -> RSAPublicKey:
        return self._key.public_key()

    def write(self, email: str, origin: str) -> None:
        """Write the file for the account `email`; `origin` is where tokens can be had now."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        document = {
            "type": "service_account",
            "project_id": email.partition("@")[2].partition(".")[0],
            "private_key_id": "5f3e0b7a9c1d",
            "private_key": pem.decode(),
            "client_email": email,
            "client_id": "108000000000000000001",
            "auth_uri": f"{origin}/o/oauth2/v2/auth",
            "token_uri": f"{origin}/token",
            "universe_domain": "googleapis.com",
        }
        _write(self.path, json.dumps(document, indent=2))


def _write(path: Path, text: str) -> None:
    """Put the file there whole, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    temporary.replace(path)
