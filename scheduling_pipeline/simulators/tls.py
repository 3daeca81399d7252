"""The throwaway certificate authority of the simulators: identity clients insist on https."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

# With the services' real names: a client whose addresses are fixed is led here by a proxy.
NAMES = (
    "localhost",
    "127.0.0.1",
    "::1",
    "graph.microsoft.com",
    "login.microsoftonline.com",
    "*.sharepoint.com",
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths to PEM files: what a client must trust, and what the server proves itself with."""

    ca_file: Path
    key_file: Path
    chain_file: Path


def certificate(folder: Path) -> Certificate:
    """The certificate kept in `folder`, made at first use. The authority's own key is not kept."""
    found = Certificate(folder / "ca.pem", folder / "server-key.pem", folder / "server.pem")
    if not found.ca_file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA(organization_name="Simulated outside systems")
        server = authority.issue_cert(*NAMES)
        found.key_file.touch(mode=0o600)
        server.private_key_pem.write_to_path(found.key_file)
        found.chain_file.write_bytes(b"".join(blob.bytes() for blob in server.cert_chain_pems))
        authority.cert_pem.write_to_path(found.ca_file)  # last: it says that the others are complete
    return found
