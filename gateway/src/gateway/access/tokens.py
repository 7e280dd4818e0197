"""Internal tokens: minted per client and service, used again until shortly before they expire."""

import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from crmkit.web.auth import LIFETIME_S, mint
from gateway.access.directory import KnownClient

REUSED_S = 40


class Mint:
    """Signs for the process; a signature costs more than the rest of a request, so each serves many."""

    def __init__(self, private_key: str) -> None:
        key = load_pem_private_key(private_key.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("the token's private key must be Ed25519")
        self._key = key

    def token(self, client: KnownClient, service: str) -> str:
        now = time.monotonic()
        kept = client.tokens.get(service)
        if kept is not None and kept[1] > now:
            return kept[0]
        token = mint(self._key, client.principal, audience=service, lifetime_s=LIFETIME_S)
        client.tokens[service] = (token, now + REUSED_S)
        return token
