"""What is sent and answered, as JSON Schema for the OpenAPI document.

They describe; the rules that hold are those of `xapi/statement.py`, which is stricter in places
that a schema cannot say.
"""

from typing import Any

Schema = dict[str, Any]

IRI: Schema = {"type": "string", "format": "iri", "pattern": r"^[A-Za-z][A-Za-z0-9+.\-]*:\S+$"}
UUID: Schema = {"type": "string", "format": "uuid"}
TIME: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}


def ref(name: str) -> Schema:
    """A reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(each: Schema, **more: Any) -> Schema:
    """An array of something."""
    return {"type": "array", "items": each, **more}


def closed(properties: dict[str, Schema], *required: str, **more: Any) -> Schema:
    """An object that has these properties and no other (Part Two 2.2)."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": list(required)} if required else {}) | more


_LANGUAGES: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"},
    "additionalProperties": TEXT,
}
_EXTENSIONS: Schema = {"type": "object", "propertyNames": IRI}
_IDENTIFIED: Schema = {
    "name": TEXT,
    "mbox": {"type": "string", "pattern": r"^mailto:[A-Za-z0-9._+\-]+@[A-Za-z0-9\-]+\.[A-Za-z]+$"},
    "mbox_sha1sum": {"type": "string", "pattern": "^[0-9a-f]{40}$"},
    "openid": {"type": "string", "pattern": r"^https?://[A-Za-z0-9.\-]+(/\S*)?$"},
    "account": closed({"homePage": IRI, "name": TEXT}, "homePage", "name"),
}
_ONE_IDENTIFIER = [{"required": [each]} for each in ("mbox", "mbox_sha1sum", "openid", "account")]
_COMPONENTS = array(closed({"id": TEXT, "description": _LANGUAGES}, "id"))
_DEFINITION = closed(
    {
        "name": _LANGUAGES,
        "description": _LANGUAGES,
        "type": IRI,
        "moreInfo": IRI,
        "interactionType": {
            "enum": [
                "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance",
                "sequencing", "likert", "numeric", "other",
            ]
        },
        "correctResponsesPattern": array(TEXT),
        "choices": _COMPONENTS,
        "scale": _COMPONENTS,
        "source": _COMPONENTS,
        "target": _COMPONENTS,
        "steps": _COMPONENTS,
        "extensions": _EXTENSIONS,
    }
)  # fmt: skip
_ACTIVITIES = {"anyOf": [ref("Activity"), array(ref("Activity"))]}
_RESULT = closed(
    {
        "score": closed(
            {
                "scaled": {"type": "number", "minimum": -1, "maximum": 1},
                "raw": {"type": "number"},
                "min": {"type": "number"},
                "max": {"type": "number"},
            }
        ),
        "success": {"type": "boolean"},
        "completion": {"type": "boolean"},
        "response": TEXT,
        "duration": {"type": "string", "format": "duration"},
        "extensions": _EXTENSIONS,
    }
)
_CONTEXT = closed(
    {
        "registration": UUID,
        "instructor": {"anyOf": [ref("Agent"), ref("Group")]},
        "team": ref("Group"),
        "contextActivities": closed(
            dict.fromkeys(("parent", "grouping", "category", "other"), _ACTIVITIES)
        ),
        "contextAgents": array({"type": "object"}, description="2.0 only"),
        "contextGroups": array({"type": "object"}, description="2.0 only"),
        "revision": TEXT,
        "platform": TEXT,
        "language": {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"},
        "statement": ref("StatementRef"),
        "extensions": _EXTENSIONS,
    }
)
_ATTACHMENT = closed(
    {
        "usageType": IRI,
        "display": _LANGUAGES,
        "description": _LANGUAGES,
        "contentType": TEXT,
        "length": {"type": "integer", "minimum": 0},
        "sha2": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "fileUrl": IRI,
    },
    "usageType", "display", "contentType", "length", "sha2",
)  # fmt: skip
_SAID: Schema = {
    "actor": {"anyOf": [ref("Agent"), ref("Group")]},
    "verb": closed({"id": IRI, "display": _LANGUAGES}, "id"),
    "result": _RESULT,
    "context": _CONTEXT,
    "timestamp": TIME,
    "attachments": array(_ATTACHMENT),
}
_THINGS = [ref("Activity"), ref("AgentObject"), ref("Group"), ref("StatementRef")]

SCHEMAS: dict[str, Schema] = {
    "Agent": closed({"objectType": {"const": "Agent"}, **_IDENTIFIED}, oneOf=_ONE_IDENTIFIER),
    "AgentObject": closed(
        {"objectType": {"const": "Agent"}, **_IDENTIFIED}, "objectType", oneOf=_ONE_IDENTIFIER
    ),
    "Group": closed(
        {
            "objectType": {"const": "Group"},
            "member": array(ref("Agent"), minItems=1),
            **_IDENTIFIED,
        },
        "objectType",
        anyOf=[*_ONE_IDENTIFIER, {"required": ["member"]}],
    ),
    "Activity": closed(
        {"objectType": {"const": "Activity"}, "id": IRI, "definition": _DEFINITION}, "id"
    ),
    "StatementRef": closed(
        {"objectType": {"const": "StatementRef"}, "id": UUID}, "objectType", "id"
    ),
    "SubStatement": closed(
        {"objectType": {"const": "SubStatement"}, "object": {"anyOf": _THINGS}, **_SAID},
        "objectType", "actor", "verb", "object",
    ),
    "Statement": closed(
        {
            "id": UUID,
            "object": {"anyOf": [*_THINGS, ref("SubStatement")]},
            "stored": TIME,
            "authority": {"anyOf": [ref("Agent"), ref("Group")]},
            "version": {"type": "string", "pattern": r"^[12]\.0(\.[0-9]+)?$"},
            **_SAID,
        },
        "actor", "verb", "object",
        description="Part Two 2.4; in 2.0 IEEE 9274.1.1 4.2",
    ),
    "StatementResult": closed(
        {
            "statements": array({"type": "object"}),
            "more": {"type": "string", "description": "The address of the next page, or nothing"},
        },
        "statements", "more",
    ),
    "Person": closed(
        {
            "objectType": {"const": "Person"},
            "name": array(TEXT),
            "mbox": array(TEXT),
            "mbox_sha1sum": array(TEXT),
            "openid": array(TEXT),
            "account": array({"type": "object"}),
        },
        "objectType",
    ),
    "About": {
        "type": "object",
        "properties": {"version": array(TEXT), "extensions": {"type": "object"}},
        "required": ["version"],
    },
    "Health": {
        "type": "object",
        "properties": {
            "ok": {"type": "boolean"},
            "problems": {
                "type": "array",
                "items": closed(
                    {
                        "what": {"type": "string", "description": "What does not go on"},
                        "since": {"type": "string", "format": "date-time"},
                        "do": {"type": "string", "description": "What to do"},
                    },
                    "what",
                    "since",
                    "do",
                ),
            },
        },
        "required": ["ok", "problems"],
        "additionalProperties": {"type": "boolean"},
    },
    "Error": closed(
        {
            "error": closed(
                {
                    "path": {"type": "string", "description": "Where, as in $[3].actor.mbox"},
                    "rule": {"type": "string", "description": "What is wrong"},
                    "section": {"type": "string", "description": "Of the specification"},
                    "message": {"type": "string", "description": "All three in a sentence"},
                },
                "path", "rule", "section", "message",
            )
        },
        "error",
    ),
    "Observation": closed(
        {
            "kpi": TEXT,
            "unit": {"type": "string", "description": "May lack where kpis.toml declares the KPI"},
            "direction": {"enum": ["up", "down"], "description": "Which way is better"},
            "team": TEXT,
            "period": {"type": "string", "description": "2026-03-02, 2026-W10 or 2026-03"},
            "value": {"type": "number", "description": "May lack beside a numerator"},
            "n": {"type": "integer", "minimum": 0, "description": "Of how many observations"},
            "numerator": {"type": "number"},
            "denominator": {"type": "number", "exclusiveMinimum": 0},
            "target": {"type": "number"},
            "revision": {
                "type": "integer",
                "minimum": 1,
                "description": "Of a KPI, team and period the highest counts",
            },
        },
        "kpi", "team", "period",
        description="A figure of a KPI",
    ),
    "Load": closed(
        {"load": UUID, "observations": {"type": "integer", "minimum": 1}}, "load", "observations"
    ),
    "Verdict": {
        "type": "object",
        "description": "What became of a line",
        "properties": {
            "line": {"type": "integer", "minimum": 1},
            "verdict": {
                "enum": ["stored", "duplicate", "conflict", "forbidden", "invalid", "stopped"]
            },
            "id": UUID,
            "path": TEXT,
            "rule": TEXT,
            "section": TEXT,
            "message": TEXT,
            "status": {"type": "integer", "description": "Of `stopped`: 503 says, send it again"},
        },
        "required": ["line", "verdict"],
    },
}  # fmt: skip
