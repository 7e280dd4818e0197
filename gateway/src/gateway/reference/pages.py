"""The documentation pages: everything they load comes from here."""

from html import escape
from importlib import resources
from typing import Final

from crmkit.problems import Problem

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
<style>body {{ font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 50rem }} td, th {{ padding: .2rem 1rem .2rem 0;
text-align: left }} :target {{ background: #fe9 }}</style>
<h1>Problems</h1>
<p>Every refusal is an RFC 9457 document with one of these codes, or with one of the service's own.</p>
<table><tr><th>code<th>status<th>what</tr>
{rows}
</table>
</html>
"""


def problems() -> str:
    """The general codes and the gateway's own, where the `type` of a problem points to."""
    known = {case.code: case for case in reversed(_cases(Problem))}
    rows = (
        f'<tr id="{escape(code)}"><td><code>{escape(code)}</code><td>{case.status}<td>{escape(case.title)}</tr>'
        for code, case in sorted(known.items())
    )
    return _PROBLEMS.format(rows="\n".join(rows))


def _cases(case: type[Problem]) -> list[type[Problem]]:
    """A case before what derives from it."""
    return [case, *(each for derived in case.__subclasses__() for each in _cases(derived))]
