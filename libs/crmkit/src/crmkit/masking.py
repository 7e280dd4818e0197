"""Personal values as those see them who may not see them: enough to recognise, not enough to use."""

from typing import Any

import msgspec


def mask(value: str) -> str:
    """`+15551234567` -> `+*********67`; `anna@example.com` -> `a***@example.com`; other text keeps its last two."""
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    visible = value[-2:] if len(value) > 4 else ""
    sign = "+" if value.startswith("+") else ""
    return sign + "*" * (len(value) - len(visible) - len(sign)) + visible


class Masker:
    """Masks every string found under the given member names of a JSON document, at any depth."""

    def __init__(self, fields: frozenset[str]) -> None:
        self.fields = fields

    def json(self, document: bytes | str) -> bytes:
        """The document with its personal values masked."""
        return msgspec.json.encode(self._walk(msgspec.json.decode(document), False))

    def value(self, value: Any) -> Any:
        """The same for a value already decoded."""
        return self._walk(value, False)

    def _walk(self, value: Any, personal: bool) -> Any:
        if isinstance(value, dict):
            return {key: self._walk(member, personal or key in self.fields) for key, member in value.items()}
        if isinstance(value, list):
            return [self._walk(item, personal) for item in value]
        return mask(value) if personal and isinstance(value, str) else value
