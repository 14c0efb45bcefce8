"""Headwater's xAPI Profile: the words of `xapi.vocabulary` as a document that any tool can read.

Written after the xAPI Profiles specification 1.0 (https://w3id.org/xapi/profiles#1.0). A statement
of a connector fits the template of its behaviour; one that takes another back fits `voided`.
`python -m headwater.docs` writes it as `xapi/profile.jsonld`.
"""

import json
from collections.abc import Iterable
from typing import Any

from xapi import vocabulary
from xapi.vocabulary import ACTIVITY_TYPES, BEHAVIOUR_TYPE, BEHAVIOURS, PROFILE, VERBS

Thing = dict[str, Any]

#: The version that is described; another one once a template's rules change, with new ids of those.
VERSION = f"{PROFILE}/v1"
GENERATED = "2026-11-29T00:00:00Z"
CONTEXT = "https://w3id.org/xapi/profiles/context"
ACTIVITY_CONTEXT = "https://w3id.org/xapi/profiles/activity-context"

#: Our own words: what they mean, and published ones that are wider or near.
_VERBS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "merged": (
        "A proposed change was taken over into what it was proposed for.",
        {"broadMatch": [VERBS["close"]], "relatedMatch": [VERBS["approve"]]},
    ),
    "reopened": (
        "Something that was closed is worked on again.",
        {"broadMatch": [VERBS["open"]]},
    ),
}
_TYPES: dict[str, tuple[str, dict[str, list[str]]]] = {
    "pull-request": (
        "A change to code or text, proposed for others to review and to take over.",
        {"relatedMatch": [ACTIVITY_TYPES["code-commit"], ACTIVITY_TYPES["review"]]},
    ),
    "search-query": (
        "A search that was asked; its words stand in no statement unless they are asked for.",
        {},
    ),
    "answer": (
        "What somebody wrote in answer to a question.",
        {"relatedMatch": [ACTIVITY_TYPES["solution"], ACTIVITY_TYPES["comment"]]},
    ),
    "wiki-page": (
        "A page of a wiki, which several people write.",
        {"broadMatch": [ACTIVITY_TYPES["page"]]},
    ),
}
_AGENT = {
    "type": "object",
    "required": ["account"],
    "properties": {"account": {"type": "object", "required": ["homePage", "name"]}},
}


def document() -> Thing:
    """The whole profile."""
    templates = [_template(name) for name in BEHAVIOURS]
    return {
        "@context": CONTEXT,
        "id": PROFILE,
        "type": "Profile",
        "conformsTo": "https://w3id.org/xapi/profiles#1.0",
        "prefLabel": _en("Learning in the flow of work"),
        "definition": _en(
            "What people do in their work tools to learn and to help others learn: they search, "
            "read, bookmark, ask, help, write down, curate and reinforce. Each statement names its "
            "behaviour by a category activity; it holds an account and no name, and of what "
            "anybody wrote no text, unless a connection is told to keep it."
        ),
        "versions": [{"id": VERSION, "generatedAtTime": GENERATED}],
        "author": {"type": "Organization", "name": "Headwater"},
        "concepts": [
            *_words(),
            *_extensions(),
            *_carried(),
            *map(_behaviour, BEHAVIOURS),
            *_reactions(),
        ],
        "templates": [*templates, _without(), _voided(), _raised()],
        "patterns": _patterns(),
    }


def text() -> str:
    """The profile as it stands in `xapi/profile.jsonld`."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def template_iri(name: str) -> str:
    """The id of a behaviour's template, or of `without-behaviour` or `voided`."""
    return f"{PROFILE}/templates/{name}"


def _en(said: str) -> dict[str, str]:
    return {"en": said}


def _concept(iri: str, kind: str, label: str, definition: str) -> Thing:
    return {
        "id": iri,
        "type": kind,
        "inScheme": VERSION,
        "prefLabel": _en(label),
        "definition": _en(definition),
    }


def _words() -> Iterable[Thing]:
    for name, (definition, near) in _VERBS.items():
        yield {**_concept(VERBS[name], "Verb", name, definition), **near}
    for name, (definition, near) in _TYPES.items():
        label = name.replace("-", " ")
        yield {**_concept(ACTIVITY_TYPES[name], "ActivityType", label, definition), **near}
    yield _concept(
        BEHAVIOUR_TYPE,
        "ActivityType",
        "behaviour",
        "A way of learning at work. Its activities stand in a statement's category, one each.",
    )


def _extensions() -> Iterable[Thing]:
    counterpart = _concept(
        vocabulary.COUNTERPART,
        "ContextExtension",
        "counterpart",
        "An Agent: whom the event was for or about, such as who was answered or whose work was "
        "reviewed. Only somebody whom the event names.",
    )
    yield {**counterpart, "inlineSchema": json.dumps(_AGENT)}
    topic = _concept(
        vocabulary.TOPIC,
        "ContextExtension",
        "topic",
        "What the event was about, as an organisation would group it: a channel, a space, a "
        "project, a repository.",
    )
    yield {**topic, "inlineSchema": json.dumps({"type": "string"})}
    kind = _concept(
        vocabulary.KIND,
        "ContextExtension",
        "kind",
        "The tool's own name of the event that told of the act, such as `issue_comment.created`: "
        "the one by which the tool tells of it when it happens, however it was learned.",
    )
    yield {**kind, "inlineSchema": json.dumps({"type": "string", "minLength": 1})}
    language = _concept(
        vocabulary.LANGUAGE,
        "ContextExtension",
        "language",
        "In which language the actor wrote, as a code of ISO 639: the shortest one there is. It "
        "is derived from the text, and is left out where the text is too short to tell. It stands "
        "beside the statement, since the text may be edited later: then it is that of the text "
        "as it came first.",
    )
    yield {**language, "inlineSchema": json.dumps({"type": "string", "pattern": "^[a-z]{2,3}$"})}
    written = _concept(
        vocabulary.TEXT,
        "ContextExtension",
        "text",
        "What the actor wrote, as the tool holds it, when the act was first told; only where the "
        "connection keeps texts. It stands beside the statement, since it may be edited later.",
    )
    yield {**written, "inlineSchema": json.dumps({"type": "string", "minLength": 1})}
    length = _concept(
        vocabulary.QUERY_LENGTH,
        "ResultExtension",
        "length of a search",
        "How many characters were searched for; the words themselves stand nowhere.",
    )
    yield {**length, "inlineSchema": json.dumps({"type": "integer", "minimum": 0})}


def _carried() -> Iterable[Thing]:
    """What is added to statements that another LRS held."""
    origin = _concept(
        vocabulary.ORIGIN,
        "ContextExtension",
        "origin",
        "The LRSs that a statement came through before this one, the first one first: each with "
        "its endpoint, and the authority and the time of storing that it gave.",
    )
    lrs = {"type": "object", "required": ["lrs"]}
    yield {**origin, "inlineSchema": json.dumps({"type": "array", "items": lrs})}
    left = _concept(
        vocabulary.LEFT_BEHIND,
        "ContextExtension",
        "left behind",
        "Attachments whose files did not come along, as the statement described them.",
    )
    yield {**left, "inlineSchema": json.dumps({"type": "array", "items": {"type": "object"}})}


def _reactions() -> Iterable[Thing]:
    """What Headwater itself says of what it saw."""
    yield _concept(
        vocabulary.RAISED,
        "Verb",
        "raised",
        "A rule of the organisation's found a case that somebody may want to look at. It is no act "
        "of a person's, and no learning.",
    )
    yield _concept(
        vocabulary.CASE_TYPE,
        "ActivityType",
        "case",
        "What a rule found, once: a question that is open for long, a topic without an expert.",
    )
    team = _concept(
        vocabulary.TEAM,
        "ContextExtension",
        "team",
        "The team that a case is about; only one of so many people that it may be named.",
    )
    yield {**team, "inlineSchema": json.dumps({"type": "string", "minLength": 1})}


def _behaviour(name: str) -> Thing:
    behaviour = BEHAVIOURS[name]
    return {
        "id": vocabulary.category_iri(name),
        "type": "Activity",
        "inScheme": VERSION,
        "activityDefinition": {
            "@context": ACTIVITY_CONTEXT,
            "type": BEHAVIOUR_TYPE,
            "name": _en(behaviour.label),
            "description": _en(
                f"{behaviour.title}. Scaffold: {behaviour.scaffold}; know-{behaviour.know}."
            ),
        },
    }


def _rule(location: str, presence: str = "", **more: Any) -> Thing:
    found: Thing = {"location": location, **more}
    return {**found, "presence": presence} if presence else found


#: Who did it is an account, or an address where a tool knows no other; never a name.
_ACTOR = (
    _rule("$.actor.account.name | $.actor.mbox", "included"),
    _rule("$.actor.name", "excluded"),
)


def _act() -> list[Thing]:
    """What every statement of an act follows."""
    return [
        *_ACTOR,
        _rule("$.verb.id", "included", any=sorted(VERBS.values())),
        _rule("$.object.id", "included"),
        _rule("$.object.definition.type", "included", any=sorted(ACTIVITY_TYPES.values())),
        _rule("$.context.platform", "included"),
        _rule(f"$.context.extensions['{vocabulary.TOPIC}']", "recommended"),
        _rule("$.timestamp", "recommended"),
        _rule("$.result.response", "excluded"),
    ]


def _template(name: str) -> Thing:
    behaviour = BEHAVIOURS[name]
    found = _concept(
        template_iri(name),
        "StatementTemplate",
        behaviour.label,
        f"{behaviour.title}: what a connector says of one act.",
    )
    of_it = _rule(
        "$.context.contextActivities.category[*].id",
        "included",
        any=[vocabulary.category_iri(name)],
    )
    return {
        **found,
        "contextCategoryActivityType": [BEHAVIOUR_TYPE],
        "rules": [*_act(), of_it],
    }


def _without() -> Thing:
    found = _concept(
        template_iri("without-behaviour"),
        "StatementTemplate",
        "Without a behaviour",
        "What a connector says of one act without saying which behaviour it is: its verb and the "
        "type of its object may tell.",
    )
    none = _rule("$.context.contextActivities.category[*].id", "excluded")
    return {**found, "rules": [*_act(), none]}


def _voided() -> Thing:
    found = _concept(
        template_iri("voided"),
        "StatementTemplate",
        "Taken back",
        "What was deleted or taken back in the tool: the statement that said it is void.",
    )
    return {
        **found,
        "verb": VERBS["voided"],
        "rules": [
            *_ACTOR,
            _rule("$.object.objectType", "included", any=["StatementRef"]),
            _rule("$.object.id", "included"),
        ],
    }


def _raised() -> Thing:
    found = _concept(
        template_iri("raised"),
        "StatementTemplate",
        "Raised",
        "What a rule found, as the installation's own account says it. It names topics, teams and "
        "links, and no person.",
    )
    return {
        **found,
        "verb": vocabulary.RAISED,
        "rules": [
            *_ACTOR,
            _rule("$.object.definition.type", "included", any=[vocabulary.CASE_TYPE]),
            _rule("$.object.definition.name", "included"),
            _rule("$.context.contextActivities.category[*].id", "included"),
            _rule("$.context.platform", "included", any=["Headwater"]),
            _rule(f"$.context.extensions['{vocabulary.COUNTERPART}']", "excluded"),
            _rule("$.timestamp", "included"),
            _rule("$.result", "excluded"),
        ],
    }


def _patterns() -> list[Thing]:
    def pattern(name: str, **what: Any) -> Thing:
        return {
            "id": f"{PROFILE}/patterns/{name}",
            "type": "Pattern",
            "inScheme": VERSION,
            **what,
        }

    return [
        pattern(
            "question-answered",
            primary=True,
            prefLabel=_en("A question that is answered"),
            definition=_en(
                "Somebody asks, others help. Statements that follow it share a registration."
            ),
            sequence=[template_iri("ask"), f"{PROFILE}/patterns/answers"],
        ),
        pattern("answers", oneOrMore=template_iri("help")),
    ]
