"""The OpenAPI 3.1 document, made of the declared operations and their types."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import msgspec
from litestar.handlers import HTTPRouteHandler

from entrypoints.http.examples import EXAMPLES, PATH_EXAMPLES
from entrypoints.http.operations import FORM, Admits, Answer, Operation, Tag
from entrypoints.http.problems import NAMES, PROBLEM_JSON, PROBLEM_TYPE, Problem
from entrypoints.http.schemas.rules import RULES

_REF = "#/components/schemas/{name}"
Json = dict[str, Any]

_DESCRIPTION = (
    "Assay runs coding assessments: challenges, sandboxed judging, scores and standings. "
    "Errors are problems (RFC 9457); lists have `limit` and `cursor`; every answer carries "
    "`X-Request-ID`, and `RateLimit` and `RateLimit-Policy` where requests are counted."
)
_TAGS = {
    Tag.AUTH: "Accounts and sign-ins.",
    Tag.CANDIDATE: "What candidates do; admins may too, unranked.",
    Tag.ADMIN: "What staff do.",
    Tag.SERVICE: "What runs and describes the server.",
}
_HEADER_SCHEMAS: Mapping[str, Json] = {
    "Idempotency-Key": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "If-Match": {
        "type": "string",
        "pattern": r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$',
    },
    "Last-Event-ID": {"type": "string"},
    "X-Refresh-Cookie": {"type": "string", "const": "1"},
}
_REQUIRED_HEADERS = frozenset({"If-Match"})
_HEADER_EXAMPLES: Mapping[str, str] = {
    "Idempotency-Key": "7b1f8a52-3c0e-4d5e-9a41-0c2f6f1b8e77",
    "If-Match": "*",
    "Last-Event-ID": "1.1.3",
    "X-Refresh-Cookie": "1",
}
_RAW: Mapping[type, Json] = {
    bytes: {"type": "string", "contentMediaType": "application/octet-stream"},
    str: {"type": "string"},
    dict: {"type": "object"},
}


def build_document(
    operations: Iterable[tuple[str, HTTPRouteHandler, Operation]], *, version: str, url: str | None
) -> Json:
    """The whole document; operations come with their paths."""
    listed = list(operations)
    schemas = _Schemas([operation for _, _, operation in listed])
    paths: dict[str, Json] = {}
    for path, handler, operation in listed:
        for method in handler.http_methods:
            described = _operation(path, handler, operation, schemas)
            paths.setdefault(path, {})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Assay",
            "version": version,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": url or "/"}],
        "tags": [{"name": tag, "description": text} for tag, text in _TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas.components,
            "responses": {f"Problem{status}": _problem(status) for status in sorted(NAMES)},
            "securitySchemes": {
                "oauth2": {
                    "type": "oauth2",
                    "flows": {
                        "password": {
                            "tokenUrl": "/auth/login",
                            "refreshUrl": "/auth/refresh",
                            "scopes": {},
                        }
                    },
                },
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "metrics": {"type": "http", "scheme": "bearer"},
            },
        },
    }


class _Schemas:
    """The JSON Schemas of every type that some operation reads or writes."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        types: list[type] = [Problem]
        for operation in operations:
            types += (operation.bodies or {}).values()
            types += [a.body for a in operation.answers if a.body is not None]
            types += [operation.query] if operation.query is not None else []
        self._types = [type_ for type_ in dict.fromkeys(types) if type_ not in _RAW]
        found, components = msgspec.json.schema_components(self._types, ref_template=_REF)
        self._found = dict(zip(self._types, found, strict=True))
        for name, rules in RULES.items():
            components[name].update(rules)
        self.queries = {
            type_.__name__: components[type_.__name__] for type_ in _queries(operations)
        }
        self.components = {
            name: schema for name, schema in sorted(components.items()) if name not in self.queries
        }

    def of(self, type_: type) -> Json:
        """The schema, mostly a reference."""
        return dict(_RAW.get(type_) or self._found[type_])


def _queries(operations: Sequence[Operation]) -> set[type]:
    return {operation.query for operation in operations if operation.query is not None}


def _operation(
    path: str, handler: HTTPRouteHandler, operation: Operation, schemas: _Schemas
) -> Json:
    described: Json = {
        "operationId": handler.handler_name.removesuffix("_route"),
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "parameters": [*_in_path(path), *_in_query(operation, schemas), *_in_header(operation)],
        "responses": {},
        "security": _security(operation.admits),
    }
    if operation.bodies is not None:
        described["requestBody"] = _request_body(operation, schemas)
    for answer in operation.answers:
        described["responses"][str(answer.status)] = _response(answer, schemas)
    for status in sorted(operation.statuses_of_problems):
        described["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return described


def _in_path(path: str) -> list[Json]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "example": PATH_EXAMPLES[name],
        }
        for name in names
    ]


def _in_query(operation: Operation, schemas: _Schemas) -> list[Json]:
    if operation.query is None:
        return []
    schema = schemas.queries[operation.query.__name__]
    return [
        {"name": name, "in": "query", "required": False, "schema": property_}
        for name, property_ in schema["properties"].items()
    ]


def _in_header(operation: Operation) -> list[Json]:
    return [
        {
            "name": name,
            "in": "header",
            "required": name in _REQUIRED_HEADERS,
            "description": text,
            "schema": _HEADER_SCHEMAS[name],
            "example": _HEADER_EXAMPLES[name],
        }
        for name, text in (operation.headers or {}).items()
    ]


def _security(admits: Admits) -> list[Json]:
    match admits:
        case Admits.MEMBERS | Admits.ADMINS:
            return [{"oauth2": []}, {"bearer": []}]
        case Admits.OPERATORS:
            return [{}, {"metrics": []}]
        case Admits.ANYONE:
            return []


def _request_body(operation: Operation, schemas: _Schemas) -> Json:
    content = {
        media_type: _with_example(schemas.of(type_), type_, as_form=media_type == FORM)
        for media_type, type_ in (operation.bodies or {}).items()
    }
    return {"required": operation.body_required, "content": content}


def _with_example(schema: Json, type_: type, *, as_form: bool = False) -> Json:
    found: Json = {"schema": schema}
    if type_ in EXAMPLES and not as_form:
        found["example"] = EXAMPLES[type_]
    elif get_args(type_) and get_args(type_)[0] in EXAMPLES:
        found["example"] = [EXAMPLES[get_args(type_)[0]]]
    elif as_form:
        found["example"] = EXAMPLES[type_]
    return found


def _response(answer: Answer, schemas: _Schemas) -> Json:
    described: Json = {"description": answer.description}
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "required": True, "schema": {"type": "string"}}
            for name, text in answer.headers.items()
        }
    if answer.body is not None:
        media = _with_example(schemas.of(answer.body), answer.body)
        described["content"] = {answer.media_type: media}
    return described


def _problem(status: int) -> Json:
    title = NAMES[status].replace("-", " ").capitalize()
    example = {
        "type": PROBLEM_TYPE + NAMES[status],
        "title": title,
        "status": status,
        "detail": f"{title}.",
        "instance": "/candidate/submissions",
        "request_id": "5f0c6a1e3b7d4c8fa2e19d0b6c7a8f10",
    }
    described: Json = {
        "description": title,
        "content": {
            PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }
    if status in {429, 503}:
        described["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait.",
                "required": True,
                "schema": {"type": "string"},
            }
        }
    if status == 401:  # noqa: PLR2004 (the one that says how to sign in)
        described["headers"] = {
            "WWW-Authenticate": {
                "description": "How to sign in.",
                "required": True,
                "schema": {"type": "string"},
            }
        }
    return described
