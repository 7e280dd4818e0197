"""What services read of one another, found in their code, and whether what is published can be read so."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any

import msgspec

import callcenter.consumers
import campaign.consumers
import customer.consumers
import segment.consumers
from contracts import event_schemas
from crmkit.events import cloudevents

CONSUMING = (customer.consumers, segment.consumers, campaign.consumers, callcenter.consumers)

Schema = dict[str, Any]


def of_events() -> Iterator[tuple[type[msgspec.Struct], str]]:
    """Each struct read of events, with each type it may be read of.

    A consumer's module is called as the feed, and a struct of it as the noun, with or without `Data`; the others are
    members of these.
    """
    for package in CONSUMING:
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            for struct in _whole(module):
                noun = re.sub(r"(?<!^)(?=[A-Z])", "_", struct.__name__.removesuffix("Data")).lower()
                for verb in event_schemas.EMITTED[found.name][noun][1]:
                    yield struct, cloudevents.type_name(noun, verb)


def _whole(module: ModuleType) -> list[type[msgspec.Struct]]:
    """The structs of a module that are no member of another."""
    here = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    structs = [each for each in here if issubclass(each, msgspec.Struct)]
    members = {name for each in structs for name in msgspec.json.schema_components([each])[1] if name != each.__name__}
    return [each for each in structs if each.__name__ not in members]


def unreadable(struct: type[msgspec.Struct], sent: Schema, definitions: Schema) -> list[str]:
    """What of a struct is not in what is sent, or is of another type there."""
    (read,), reads = msgspec.json.schema_components([struct])
    return list(_faults(partial(_kinds, definitions=reads), partial(_kinds, definitions=definitions), read, sent))


def _faults(read_kinds: Any, sent_kinds: Any, read: Schema, sent: Schema, at: str = "") -> Iterator[str]:
    takes = {kind.get("type"): kind for kind in read_kinds(read)}
    if {} in takes.values():
        return
    for kind in sent_kinds(sent):
        name = kind.get("type")
        taken = takes.get(name) or (takes.get("number") if name == "integer" else None)
        if taken is None:
            yield f"{at}: {name} is sent, {sorted(map(str, takes))} is read"
            continue
        if not _is_as_narrow(kind, taken):
            yield f"{at}: {kind} is sent, {taken} is read"
        if name == "array" and "items" in taken:
            yield from _faults(read_kinds, sent_kinds, taken["items"], kind["items"], f"{at}/0")
        for member, schema, sends in _members(taken, kind):
            if sends is None:
                yield f"{at}/{member}: is not sent"
                continue
            if member in taken.get("required", ()) and member not in kind.get("required", ()):
                yield f"{at}/{member}: may be left out"
            yield from _faults(read_kinds, sent_kinds, schema, sends, f"{at}/{member}")


def _is_as_narrow(sent: Schema, read: Schema) -> bool:
    values = set(sent.get("enum", [sent.get("const")]))
    return read.get("format") in (None, sent.get("format")) and ("enum" not in read or values <= set(read["enum"]))


def _members(read: Schema, sent: Schema) -> Iterator[tuple[str, Schema, Schema | None]]:
    """Each member that is read, with what is sent as it; not those of an open mapping, which promises none."""
    for member, schema in read.get("properties", {}).items():
        sends = sent.get("properties", {}).get(member)
        if sends is not None or not sent.get("additionalProperties"):
            yield member, schema, sends


def _kinds(schema: Schema, definitions: Schema) -> Iterator[Schema]:
    """The alternatives that a schema is made of, each with its type."""
    if reference := schema.get("$ref"):
        yield from _kinds(definitions[reference.rpartition("/")[2]], definitions)
    elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
        for each in alternatives:
            yield from _kinds(each, definitions)
    elif isinstance(schema.get("type"), list):
        yield from (schema | {"type": name} for name in schema["type"])
    elif "enum" in schema and "type" not in schema:
        texts = [value for value in schema["enum"] if value is not None]
        yield {"type": "string", "enum": texts}
        if None in schema["enum"]:
            yield {"type": "null"}
    else:
        yield schema
