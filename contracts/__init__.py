"""What each service promises: its OpenAPI document, and the JSON Schema of every event it emits."""

from collections.abc import Mapping

from contracts import event_schemas, service_documents


def files() -> Mapping[str, bytes]:
    """Every promise, by the name of its file in this folder."""
    return {**service_documents.files(), **event_schemas.files()}
