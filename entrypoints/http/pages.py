"""The OpenAPI document as a page for people: no script, nothing from elsewhere."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

Json = dict[str, Any]
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "pre{overflow:auto;background:#f4f4f4;color:#111;padding:.5rem}code{font-family:monospace}"
    "section{border-top:1px solid #bbb}table{border-collapse:collapse}"
    "td,th{text-align:left;vertical-align:top;padding:.1rem 1rem .1rem 0}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
"""What the page may do: have this one style."""


def page_of(document: Json) -> str:
    """Every operation with its description, by tag; then the schemas that they speak of."""
    info = document["info"]
    title = escape(f"{info['title']} {info['version']}")
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1><p>{_text(info['description'])}</p>",
        '<p>For machines: <a href="/schema/openapi.json">/schema/openapi.json</a></p>',
        *(part for tag in document["tags"] for part in _tag(tag, document["paths"])),
        "<h2>Schemas</h2>",
        *(_schema(name, schema) for name, schema in document["components"]["schemas"].items()),
        "</body></html>",
    ]
    return "\n".join(parts)


def _tag(tag: Json, paths: Json) -> Iterator[str]:
    yield f"<h2>{escape(tag['name'])}</h2><p>{_text(tag['description'])}</p>"
    for path, operations in paths.items():
        for method, operation in operations.items():
            if tag["name"] in operation["tags"]:
                yield _operation(f"{method.upper()} {path}", operation)


def _operation(name: str, operation: Json) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    rows = [
        *((p["name"], f"in {p['in']}", _about(p)) for p in operation["parameters"]),
        *(("body", media_type, _named(media["schema"])) for media_type, media in body.items()),
        *(("answer", status, _answer(found)) for status, found in operation["responses"].items()),
    ]
    table = "".join(
        f"<tr><th>{escape(what)}</th><td>{escape(where)}</td><td>{about}</td></tr>"
        for what, where, about in rows
    )
    return (
        f'<section id="{escape(operation["operationId"])}"><h3>{escape(operation["summary"])}</h3>'
        f"<p><code>{escape(name)}</code></p><p>{_text(operation['description'])}</p>"
        f"<table>{table}</table></section>"
    )


def _about(parameter: Json) -> str:
    needed = "required; " if parameter["required"] else ""
    said = parameter.get("description") or parameter["schema"].get("description", "")
    return needed + _text(said)


def _answer(response: Json) -> str:
    if "$ref" in response:
        return _named(response)
    names = [_named(media["schema"]) for media in response.get("content", {}).values()]
    return " ".join([_text(response["description"]), *names])


def _named(schema: Json) -> str:
    """The schema's name, which leads to it; where it has none, itself."""
    reference = schema.get("$ref", "")
    name = escape(reference.rpartition("/")[2])
    if reference.startswith("#/components/schemas/"):
        return f'<a href="#schema-{name}">{name}</a>'
    return name or f"<code>{escape(json.dumps(schema))}</code>"


def _schema(name: str, schema: Json) -> str:
    shown = escape(json.dumps(schema, indent=2))
    return (
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<pre>{shown}</pre></details>"
    )


def _text(text: str) -> str:
    """Prose with `code` in it."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if n % 2 else p for n, p in enumerate(pieces))
