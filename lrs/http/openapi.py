"""The LRS as an OpenAPI 3.1 document, served at `/openapi.json`.

Each route is declared here by its path and methods; a test holds this to the table of routes, and
another sends what the document allows.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lrs.errors import (
    Conflict,
    Forbidden,
    HeadTooLarge,
    NotFound,
    PreconditionFailed,
    RequestLate,
    TooLarge,
    TooMany,
    Unauthorized,
    Unavailable,
    UnsupportedType,
)
from lrs.http.schemas import IRI, SCHEMAS, TEXT, TIME, UUID, Schema, array, ref

PATH = "/openapi.json"
_JSON = "application/json"
_BOOLEAN: Schema = {"type": "boolean", "default": False}
_VERSION = {
    "name": "X-Experience-API-Version",
    "in": "header",
    "required": True,
    "description": "The rules that the request goes by: 1.0.x those of 1.0.3, 2.0.x those of 2.0.",
    "schema": {"type": "string", "pattern": r"^[12]\.0(\.[0-9])?$"},
    "example": "1.0.3",
}
_OPTIONAL_VERSION = _VERSION | {"required": False}

Parameter = dict[str, Any]
Operation = dict[str, Any]


def document(routes: Mapping[str, Iterable[str]]) -> bytes:
    """The document of the paths that are served, each with its methods."""
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Headwater: a Learning Record Store for xAPI",
                "version": "1.0.3 and 2.0.0",
                "description": _DESCRIPTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "security": [{"basic": []}],
            "paths": {path: _methods(path, routes[path]) for path in routes},
            "components": {
                "schemas": SCHEMAS,
                "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
            },
        }
    )


_DESCRIPTION = """\
All resources of xAPI 1.0.3 (Part Three) and 2.0 (IEEE 9274.1.1-2023); the header
X-Experience-API-Version says which. In 1.0.3 each request may also be a POST with `?method=`, its
parameters, headers and content as a form (Part Three 1.3).

Credentials are Basic; each has scopes, and 403 names the one that is missing. Every refusal is
{"error": {"path", "rule", "section", "message"}}.
"""


def _methods(path: str, methods: Iterable[str]) -> dict[str, Operation]:
    found = {}
    for method in methods:
        operation = OPERATIONS[path][method]
        found[method.lower()] = operation
        if method == "GET":
            found["head"] = _without_content(operation)
    return found


def _without_content(operation: Operation) -> Operation:
    """HEAD is GET without a body (Part Three 1.1)."""
    answers = {
        status: {key: value for key, value in answer.items() if key != "content"}
        for status, answer in operation["responses"].items()
    }
    return operation | {
        "operationId": "head" + operation["operationId"].removeprefix("get"),
        "summary": f"{operation['summary']} (headers only)",
        "responses": answers,
    }


def _parameter(name: str, schema: Schema, description: str = "", **more: Any) -> Parameter:
    found = {"name": name, "in": "query", "schema": schema, **more}
    return found | ({"description": description} if description else {})


def _as_json(name: str, schema: Schema, **more: Any) -> Parameter:
    return {"name": name, "in": "query", "content": {_JSON: {"schema": schema}}, **more}


def _header(name: str, description: str) -> Parameter:
    return {"name": name, "in": "header", "schema": TEXT, "description": description}


def _answer(description: str, content: Mapping[str, Schema] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"description": description}
    if content:
        found["content"] = {kind: {"schema": schema} for kind, schema in content.items()}
    return found


def _refusals(*kinds: type[Any]) -> dict[str, Any]:
    told = {"400": _answer("The request breaks a rule.", {_JSON: ref("Error")})}
    for kind in kinds:
        told[str(kind.status)] = _answer((kind.__doc__ or "").strip(), {_JSON: ref("Error")})
    return dict(sorted(told.items()))


_READING = (Unauthorized, Forbidden, NotFound, RequestLate, TooMany, HeadTooLarge, Unavailable)
_WRITING = (
    Unauthorized,
    Forbidden,
    RequestLate,
    Conflict,
    TooLarge,
    UnsupportedType,
    TooMany,
    HeadTooLarge,
    Unavailable,
)


def _operation(
    identifier: str,
    summary: str,
    parameters: Iterable[Parameter],
    answers: Mapping[str, Any],
    body: Mapping[str, Schema] | None = None,
    **more: Any,
) -> Operation:
    found: Operation = {
        "operationId": identifier,
        "summary": summary,
        "parameters": list(parameters),
        "responses": dict(answers),
        **more,
    }
    if body is not None:
        content = {kind: {"schema": schema} for kind, schema in body.items()}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _open(identifier: str, summary: str, content: Mapping[str, Schema]) -> Operation:
    """An operation that asks for no credentials."""
    answers = {"200": _answer(summary, content)}
    return _operation(identifier, summary, [], answers, security=[])


# The Statement Resource (Part Three 2.1)

_FILTERS = [
    _as_json("agent", {"anyOf": [ref("Agent"), ref("Group")]}, description="Of whom"),
    _parameter("verb", IRI, "With which verb"),
    _parameter("activity", IRI, "About which activity"),
    _parameter("registration", UUID, "Of which registration"),
    _parameter("related_activities", _BOOLEAN, "`activity` anywhere in a statement counts"),
    _parameter("related_agents", _BOOLEAN, "`agent` anywhere in a statement counts"),
    _parameter("since", TIME, "Stored after"),
    _parameter("until", TIME, "Stored at or before"),
    _parameter("limit", {"type": "integer", "minimum": 0}, "How many at most; 0 as many as may be"),
    _parameter(
        "ascending",
        _BOOLEAN,
        "The first stored first, and nothing stored after X-Experience-API-Consistent-Through: "
        "what is stored later may still come before it",
    ),
    _parameter("from", TEXT, "The place of a page: follow `more` as it is"),
]
_FORMS = [
    _parameter("format", {"enum": ["ids", "exact", "canonical"], "default": "exact"}),
    _parameter("attachments", _BOOLEAN, "With the files, as multipart/mixed"),
]
_SINGLE = [
    _parameter("statementId", UUID, "This one statement"),
    _parameter("voidedStatementId", UUID, "This one, which was voided"),
]
_STATEMENTS: Schema = {"anyOf": [ref("Statement"), array(ref("Statement"))]}
_MIXED: Schema = {"type": "string", "description": "Statements first, then the attachments' files"}
_STATEMENT = {
    "GET": _operation(
        "getStatements",
        "Statements: one by its id, or those that match, with the way to more",
        [
            _VERSION,
            *_SINGLE,
            *_FILTERS,
            *_FORMS,
            _header("Accept-Language", "For format=canonical"),
        ],
        {
            "200": _answer(
                "A statement, or a StatementResult",
                {
                    _JSON: {"anyOf": [{"type": "object"}, ref("StatementResult")]},
                    "multipart/mixed": _MIXED,
                },
            ),
            **_refusals(*_READING),
        },
    ),
    "PUT": _operation(
        "putStatement",
        "Stores one statement under an id",
        [_VERSION, _parameter("statementId", UUID, required=True)],
        {"204": _answer("Stored, or there already"), **_refusals(*_WRITING)},
        {_JSON: ref("Statement"), "multipart/mixed": _MIXED},
    ),
    "POST": _operation(
        "postStatements",
        "Stores a statement or an array of them, all or none",
        [_VERSION],
        {"200": _answer("Their ids in order", {_JSON: array(UUID)}), **_refusals(*_WRITING)},
        {_JSON: _STATEMENTS, "multipart/mixed": _MIXED},
    ),
}  # fmt: skip


# The Document Resources (Part Three 2.2, 2.3, 2.6, 2.7)

_AGENT = _as_json("agent", {"anyOf": [ref("Agent"), ref("Group")]}, required=True)
_ACTIVITY = _parameter("activityId", IRI, required=True)
_REGISTRATION = _parameter("registration", UUID)
_MATCHES = [
    _header("If-Match", "Only over the version of this ETag"),
    _header("If-None-Match", "`*`: only where there is none"),
]
_ANYTHING: dict[str, Schema] = {_JSON: {}, "application/octet-stream": {}}
_DOCUMENT_WRITING = (*_WRITING, PreconditionFailed)


def _documents(kind: str, about: list[Parameter], name: str) -> dict[str, Operation]:
    one = _parameter(name, TEXT, required=True)
    perhaps = _parameter(name, TEXT, "Without it: the ids of all")
    written = {"204": _answer("Done, and durable"), **_refusals(*_DOCUMENT_WRITING)}
    return {
        "GET": _operation(
            f"get{kind}",
            "A document, or the ids of those that changed",
            [
                _VERSION,
                *about,
                perhaps,
                _parameter("since", TIME, "For the ids: stored after"),
                _header("If-None-Match", "304 where the version has this ETag"),
            ],
            {
                "200": _answer("The document as it was sent, or ids", {"*/*": {}}),
                "304": _answer("Not modified"),
                **_refusals(*_READING),
            },
        ),
        "PUT": _operation(
            f"put{kind}",
            "Stores a document",
            [_VERSION, *about, one, *_MATCHES],
            written,
            _ANYTHING,
        ),
        "POST": _operation(
            f"post{kind}",
            "Stores a document, or merges it with a JSON object that is there",
            [_VERSION, *about, one, *_MATCHES],
            written,
            _ANYTHING,
        ),
        "DELETE": _operation(
            f"delete{kind}",
            "Deletes a document" + (", or all of a context" if kind == "State" else ""),
            [_VERSION, *about, perhaps if kind == "State" else one, *_MATCHES],
            written,
        ),
    }


_LINES: Schema = {
    "type": "string",
    "description": "A statement a line, as JSON; of any length, gzip or not",
}

#: path → method → what it takes and answers.
OPERATIONS: dict[str, dict[str, Operation]] = {
    "/xapi/statements": _STATEMENT,
    "/xapi/activities/state": _documents("State", [_ACTIVITY, _AGENT, _REGISTRATION], "stateId"),
    "/xapi/activities/profile": _documents("ActivityProfile", [_ACTIVITY], "profileId"),
    "/xapi/agents/profile": _documents("AgentProfile", [_AGENT], "profileId"),
    "/xapi/agents": {
        "GET": _operation(
            "getPerson",
            "What is known of an agent (Part Three 2.4)",
            [_VERSION, _AGENT],
            {"200": _answer("A Person", {_JSON: ref("Person")}), **_refusals(*_READING)},
        )
    },
    "/xapi/activities": {
        "GET": _operation(
            "getActivity",
            "An activity with its definition (Part Three 2.5)",
            [_VERSION, _ACTIVITY],
            {"200": _answer("An Activity", {_JSON: {"type": "object"}}), **_refusals(*_READING)},
        )
    },
    "/xapi/about": {"GET": _open("getAbout", "The versions spoken", {_JSON: ref("About")})},
    "/verdicts": {
        "POST": _operation(
            "postVerdicts",
            "Lines of statements in, a verdict for each out; ours, beside the standard's resources",
            [_OPTIONAL_VERSION],
            {
                "200": _answer(
                    "A Verdict a line (components/schemas/Verdict), in order, while lines come",
                    {"application/x-ndjson": {"type": "string"}},
                ),
                **_refusals(*_WRITING),
            },
            {"application/x-ndjson": _LINES},
        )
    },
    "/kpi/observations": {
        "POST": _operation(
            "postObservations",
            "Stores figures of KPIs, all or none; ours, beside the standard's resources",
            [_OPTIONAL_VERSION],
            {
                "200": _answer("Durable, and how many", {_JSON: ref("Load")}),
                **_refusals(*_WRITING),
            },
            {_JSON: {"anyOf": [array(ref("Observation")), ref("Observation")]}},
        )
    },
    "/": {
        "GET": _open(
            "getWelcome",
            "What this is, and a request that works",
            {"text/html": TEXT, "text/plain": TEXT},
        )
    },
    "/healthz": {
        "GET": _operation(
            "getHealth",
            "Whether it can do its work",
            [],
            {
                "200": _answer("It can", {_JSON: ref("Health")}),
                "503": _answer("A part of it cannot", {_JSON: ref("Health")}),
            },
            security=[],
        )
    },
    "/metrics": {"GET": _open("getMetrics", "Counters, for Prometheus", {"text/plain": TEXT})},
    PATH: {"GET": _open("getOpenapi", "This document", {_JSON: {"type": "object"}})},
}
