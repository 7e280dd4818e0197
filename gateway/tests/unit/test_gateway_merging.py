"""One OpenAPI document out of many."""

from gateway.reference.merging import Document, merge
from gateway.routing import Table

TABLE = Table()


def document(path: str, **schemas: Document) -> Document:
    reference = {"$ref": "#/components/schemas/Page"}
    return {"paths": {path: {"get": reference}}, "components": {"schemas": schemas}}


def test_equal_schemas_are_shared() -> None:
    page = {"type": "object"}
    merged = merge(
        {"customer": document("/v1/orders", Page=page), "segment": document("/v1/scores", Page=page)}, [], TABLE
    )
    assert merged["components"]["schemas"] == {"Page": page}
    assert set(merged["paths"]) == {"/v1/orders", "/v1/scores"}


def test_a_taken_name_is_changed_with_all_that_refers_to_it() -> None:
    row, page = {"type": "object"}, {"items": {"$ref": "#/components/schemas/Row"}}
    merged = merge(
        {
            "customer": document("/v1/orders", Row=row, Page=page),
            "segment": document("/v1/scores", Row={"type": "string"}, Page=page),
        },
        [],
        TABLE,
    )
    schemas = merged["components"]["schemas"]
    assert schemas["Page"] == page
    assert schemas["SegmentRow"] == {"type": "string", "title": "SegmentRow"}
    assert schemas["SegmentPage"] == {"items": {"$ref": "#/components/schemas/SegmentRow"}, "title": "SegmentPage"}
    assert merged["paths"]["/v1/orders"]["get"] == {"$ref": "#/components/schemas/Page"}
    assert merged["paths"]["/v1/scores"]["get"] == {"$ref": "#/components/schemas/SegmentPage"}


def test_only_paths_that_are_routed_there_are_shown() -> None:
    merged = merge({"customer": document("/v1/scores"), "segment": document("/healthz")}, ["campaign"], TABLE)
    assert merged["paths"] == {}
    assert merged["info"]["x-unavailable"] == ["campaign"]
