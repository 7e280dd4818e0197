"""The documentation pages: everything they load comes from here."""

from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources
from typing import Any, Final

from crmkit.problems import FAULTS

# Swagger UI as the package `fastapi-offline` ships it.
ASSETS: Final = {
    name: (resources.files("fastapi_offline") / "static" / name).read_bytes()
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
}
MEDIA_TYPES: Final = {"js": "text/javascript", "css": "text/css", "png": "image/png"}

# Swagger UI sets style attributes and shows its icons from data: addresses.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

START: Final = b"""SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""

REFERENCE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Perennial API</title>
<link rel="icon" href="/docs/favicon.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""

_PROBLEMS: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Perennial: problems</title>
<style>body {{ font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 50rem }} :target {{ background: #fe9 }}</style>
<h1>Problems</h1>
<p>Every refusal is an RFC 9457 document with one of these codes.</p>
{sections}
<h1>Faults</h1>
<p>Each of the <code>errors</code> of a 422 points at its place and has one of these codes.</p>
<dl>
{faults}
</dl>
</html>
"""


def problems(known: Iterable[Mapping[str, Any]]) -> str:
    """A section for each problem, where its `type` points to, and the codes of faults."""
    sections = (
        f'<section id="{escape(each["code"])}"><h2><code>{escape(each["code"])}</code> ({each["status"]})</h2>'
        f"<p>{escape(each['title'])}.</p><p>{escape(each['description'])}</p></section>"
        for each in known
    )
    faults = (f"<dt><code>{code}</code><dd>{escape(said)}" for code, said in FAULTS.items())
    return _PROBLEMS.format(sections="\n".join(sections), faults="\n".join(faults))
