"""The internal token: minted by the gateway, proved by every service, worth one minute at one service."""

import time
from dataclasses import dataclass, replace
from typing import Annotated, Any

import jwt
from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from crmkit import context
from crmkit.problems import Forbidden, Unauthenticated
from crmkit.web import faults

HEADER = "x-perennial-token"
ISSUER = "perennial-gateway"
LIFETIME_S = 60
PERSONAL_DATA = "customers:pii"
ADMIN = "admin"
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
_CACHE_LIMIT = 4096


class MissingScope(Forbidden):
    def __init__(self, scope: str) -> None:
        super().__init__(f"This takes the scope `{scope}`.", scope=scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: a client of the gateway, with what it may do."""

    client_id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes or ADMIN in self.scopes

    def need(self, scope: str) -> None:
        """Raises: MissingScope."""
        if not self.may(scope):
            raise MissingScope(scope)


def mint(private_key: Any, principal: Principal, *, audience: str, lifetime_s: int = LIFETIME_S) -> str:
    """An EdDSA-signed token for `principal` at one service, good for `lifetime_s` seconds."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": principal.client_id,
        "name": principal.name,
        "scope": " ".join(sorted(principal.scopes)),
        "iat": now,
        "exp": now + lifetime_s,
    }
    return jwt.encode(claims, private_key, algorithm="EdDSA")


class Verifier:
    """Checks tokens for one service, remembering each until it expires."""

    def __init__(self, public_key: str, audience: str) -> None:
        self._key = public_key
        self._audience = audience
        self._seen: dict[str, tuple[float, Principal]] = {}

    def __call__(self, token: str) -> Principal:
        known = self._seen.get(token)
        now = time.time()
        if known is not None and known[0] > now:
            return known[1]
        expires, principal = self._verify(token)
        if len(self._seen) >= _CACHE_LIMIT:
            self._seen = {t: entry for t, entry in self._seen.items() if entry[0] > now}
        self._seen[token] = (expires, principal)
        return principal

    def _verify(self, token: str) -> tuple[float, Principal]:
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["EdDSA"],
                audience=self._audience,
                issuer=ISSUER,
                options={"require": ["exp", "sub", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated("The gateway's token is missing, expired or not for this service.") from error
        scopes = frozenset(str(claims.get("scope", "")).split())
        return float(claims["exp"]), Principal(str(claims["sub"]), str(claims.get("name", "")), scopes)


class TokenMiddleware:
    """Refuses a request that did not come through the gateway; puts the principal into the scope's state."""

    def __init__(self, app: ASGIApp, verifier: Verifier) -> None:
        self.app = app
        self.verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, send)
            return
        token = Headers(scope=scope).get(HEADER)
        try:
            if token is None:
                raise Unauthenticated("Call the gateway; a service's own port takes only its token.")
            principal = self.verifier(token)
        except Unauthenticated as problem:
            await faults.respond(problem, scope["path"])(scope, receive, send)
            return
        scope["state"]["principal"] = principal
        context.enter(replace(context.current(), actor=principal.client_id))
        await self.app(scope, receive, send)


def _caller(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


Caller = Annotated[Principal, Depends(_caller)]


def sees_personal_data(principal: Principal) -> bool:
    """Whether phones, e-mails and addresses go out to this caller unmasked."""
    return principal.may(PERSONAL_DATA)
