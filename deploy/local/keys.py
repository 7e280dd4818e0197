"""The secrets of one deployment: made once, a file each, in a folder per process that may read it.

postgres/password                 the superuser's
<package>-owner/owner_password    for migrations only
<package>/database_password, api_key, token_public_key; the gateway's also token_private_key
clients/<name>                    the API keys that the gateway makes known at its first start
"""

import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

GATEWAY = "gateway"
DEVELOPER = "dev-admin"


def make(folder: Path, packages: Iterable[str]) -> None:
    """Make what is missing; what is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _keep(folder / "postgres/password", _password())
    _keep(folder / f"clients/{DEVELOPER}", api_key(DEVELOPER))
    public_key = _signing_key(folder / GATEWAY)
    for package in packages:
        _keep(folder / f"{package}-owner/owner_password", _password())
        _keep(folder / f"{package}/database_password", _password())
        _keep(folder / f"{package}/token_public_key", public_key)
        if package != GATEWAY:
            _keep(folder / f"clients/{package}", api_key(package))
            _keep(folder / f"{package}/api_key", read(folder / f"clients/{package}"))


def api_key(client: str) -> str:
    return f"pk_{client}_{secrets.token_hex(32)}"


def read(file: Path) -> str:
    return file.read_text().strip()


def _password() -> str:
    return secrets.token_urlsafe(24)


def _signing_key(folder: Path) -> str:
    """The public half of the gateway's key."""
    new = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    private_key = load_pem_private_key(_keep(folder / "token_private_key", new.decode()).encode(), None)
    return private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _keep(file: Path, value: str) -> str:
    if not file.exists():
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(value)
    return file.read_text()
