"""The keys that the simulator makes once, keeps in its home and finds again."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

_KEY_ID = "5f3e0b7a9c1d"


def token_key(path: Path) -> str:
    """The Fernet key under which the pipeline keeps people's tokens."""
    if not path.exists():
        _write(path, Fernet.generate_key().decode())
    return path.read_text()


def service_account_key(path: Path, email: str, origin: str) -> RSAPrivateKey:
    """The service account's key, with `path` brought up to date: a key file as Google hands it out.

    `origin` is where the simulator is now; it becomes the file's token address.
    """
    if path.exists():
        pem = json.loads(path.read_text())["private_key"]
    else:
        made = generate_private_key(public_exponent=65537, key_size=2048)
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    document = {
        "type": "service_account",
        "project_id": email.partition("@")[2].partition(".")[0],
        "private_key_id": _KEY_ID,
        "private_key": pem,
        "client_email": email,
        "client_id": "108000000000000000001",
        "auth_uri": f"{origin}/o/oauth2/v2/auth",
        "token_uri": f"{origin}/token",
        "universe_domain": "googleapis.com",
    }
    _write(path, json.dumps(document, indent=2))
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{path} holds another kind of key than RSA")
    return key


def _write(path: Path, text: str) -> None:
    """Put the file there whole, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    os.replace(temporary, path)
