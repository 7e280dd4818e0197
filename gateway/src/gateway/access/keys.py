"""API keys: `pk_<name or id>_<secret>`, of which only the SHA-256 is kept.

The secret has 256 random bits, so a plain digest cannot be guessed back, and comparing digests (by index or by dict)
tells nothing about a key: no slow hash and no constant-time loop are needed.
"""

import hashlib
import secrets

PREFIX = b"pk_"
MAX_LENGTH = 256

_BEARER = b"bearer "


def generate(name: str) -> str:
    return f"pk_{name}_{secrets.token_hex(32)}"


def digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def hint(key: str) -> str:
    """What a person may see of a key to tell it from another."""
    name = key.rpartition("_")[0]
    return f"{name}_...{key[-4:]}"


def of_authorization(value: bytes) -> bytes | None:
    """The key in an `Authorization: Bearer` header; None for any other scheme."""
    return value[len(_BEARER) :].strip() if value[: len(_BEARER)].lower() == _BEARER else None


def is_well_formed(key: bytes) -> bool:
    return key.startswith(PREFIX) and len(key) <= MAX_LENGTH
