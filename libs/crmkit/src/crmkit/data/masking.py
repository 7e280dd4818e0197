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
    """Masks every string found under the given member names of a JSON document, at any depth.

    `{"kind": "phone", "value": ...}` is the same as `{"phone": ...}`.
    """

    def __init__(self, fields: frozenset[str]) -> None:
        self.fields = fields

    def json(self, document: bytes | str) -> bytes:
        """The document with its personal values masked."""
        return msgspec.json.encode(self.value(msgspec.json.decode(document)))

    def value(self, value: Any) -> Any:
        """The same for a value already decoded, changed in place. No recursion: a document may be nested at will."""
        waiting: list[tuple[Any, bool]] = [([value], False)]
        whole = waiting[0][0]
        while waiting:
            node, personal = waiting.pop()
            of_kind = self._names(node.get("kind")) if isinstance(node, dict) else False
            for place, member in node.items() if isinstance(node, dict) else enumerate(node):
                hidden = personal or place in self.fields or (of_kind and place == "value")
                if isinstance(member, (dict, list)):
                    waiting.append((member, hidden))
                elif hidden and isinstance(member, str):
                    node[place] = mask(member)
        return whole[0]

    def _names(self, kind: Any) -> bool:
        return isinstance(kind, str) and kind in self.fields
