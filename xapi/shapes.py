"""The fast half of the data rules: typed decoding in one pass, and cheap checks on top.

`surely_valid` says yes only to what `xapi.statement.validate` accepts. A no means "look precisely":
rare but legal things (SubStatements, grammar's corners) are left to the precise rules on purpose,
so that the common case stays short. Tests hold the two together.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from xapi.durations import is_duration
from xapi.formats import (
    is_iri,
    is_language_tag,
    is_mailto,
    is_media_type,
    is_plain_timestamp,
    is_recurring_iri,
    is_rfc_3339,
    is_sha1,
    is_sha2,
    is_timestamp,
    is_uuid,
    is_version,
    is_version_of_two,
)
from xapi.statement import INTERACTIONS, MAX_DEPTH, VOIDED
from xapi.versions import ONE, TWO, Rules

LanguageMap = dict[str, str]
Extensions = dict[str, Any]
_CONTAINERS = frozenset((dict, list))


class _Shape(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """An object that has its own properties only; an absent one is UNSET, so null never fits.

    Encoding a shape gives back every property that was decoded and nothing else: `xapi.batch`
    finds duplicate keys that way, so no property may have a default other than UNSET.
    """


class Account(_Shape):
    homePage: str
    name: str


class Agent(_Shape):
    objectType: Literal["Agent"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET


class Actor(_Shape):
    """An Agent or a Group."""

    objectType: Literal["Agent", "Group"] | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list[Agent] | UnsetType = UNSET


class Verb(_Shape):
    id: str
    display: LanguageMap | UnsetType = UNSET


class Component(_Shape):
    id: str
    description: LanguageMap | UnsetType = UNSET


class Definition(_Shape):
    name: LanguageMap | UnsetType = UNSET
    description: LanguageMap | UnsetType = UNSET
    type: str | UnsetType = UNSET
    moreInfo: str | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET
    interactionType: str | UnsetType = UNSET
    correctResponsesPattern: list[str] | UnsetType = UNSET
    choices: list[Component] | UnsetType = UNSET
    scale: list[Component] | UnsetType = UNSET
    source: list[Component] | UnsetType = UNSET
    target: list[Component] | UnsetType = UNSET
    steps: list[Component] | UnsetType = UNSET


class Activity(_Shape):
    id: str
    objectType: Literal["Activity"] | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET


class Thing(_Shape):
    """The object of a statement: an Activity, an Agent, a Group or a StatementRef."""

    objectType: Literal["Activity", "Agent", "Group", "StatementRef"] | UnsetType = UNSET
    id: str | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET
    name: str | UnsetType = UNSET
    mbox: str | UnsetType = UNSET
    mbox_sha1sum: str | UnsetType = UNSET
    openid: str | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: list[Agent] | UnsetType = UNSET


class Reference(_Shape):
    objectType: Literal["StatementRef"]
    id: str


class Score(_Shape):
    scaled: float | UnsetType = UNSET
    raw: float | UnsetType = UNSET
    min: float | UnsetType = UNSET
    max: float | UnsetType = UNSET


class Result(_Shape):
    score: Score | UnsetType = UNSET
    success: bool | UnsetType = UNSET
    completion: bool | UnsetType = UNSET
    response: str | UnsetType = UNSET
    duration: str | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class ContextActivities(_Shape):
    parent: Activity | list[Activity] | UnsetType = UNSET
    grouping: Activity | list[Activity] | UnsetType = UNSET
    category: Activity | list[Activity] | UnsetType = UNSET
    other: Activity | list[Activity] | UnsetType = UNSET


class Context(_Shape):
    registration: str | UnsetType = UNSET
    instructor: Actor | UnsetType = UNSET
    team: Actor | UnsetType = UNSET
    contextActivities: ContextActivities | UnsetType = UNSET
    revision: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    statement: Reference | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET


class Attachment(_Shape):
    usageType: str
    display: LanguageMap
    contentType: str
    length: int
    sha2: str
    description: LanguageMap | UnsetType = UNSET
    fileUrl: str | UnsetType = UNSET


class Statement(_Shape):
    """A statement as it arrives. `authority` and `stored` are replaced, but must be sound."""

    actor: Actor
    verb: Verb
    object: Thing
    id: str | UnsetType = UNSET
    result: Result | UnsetType = UNSET
    context: Context | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    stored: str | UnsetType = UNSET
    authority: Actor | UnsetType = UNSET
    version: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET

    @property
    def needs_rewriting(self) -> bool:
        """Whether more must change on arrival than can be spliced in."""
        return self.authority is not UNSET or self.stored is not UNSET


def surely_valid(statement: Statement, rules: Rules = ONE) -> bool:
    """Whether a decoded statement keeps every data rule; False where in doubt."""
    if rules == TWO and not _surely_of_two(statement):
        return False
    thing = statement.object
    kind = "Activity" if thing.objectType is UNSET else thing.objectType
    verb = statement.verb
    if not (
        (statement.id is UNSET or is_uuid(statement.id))
        and _actor(statement.actor)
        and is_recurring_iri(verb.id)
        and (verb.display is UNSET or _language_map(verb.display))
        and (_activity(thing) if kind == "Activity" else _other(thing, kind))
        and (verb.id != VOIDED or kind == "StatementRef")
        and (statement.timestamp is UNSET or is_plain_timestamp(statement.timestamp))
        and (statement.result is UNSET or _result(statement.result))
        and (statement.context is UNSET or _context(statement.context, kind))
    ):
        return False
    return (
        (statement.stored is UNSET or is_timestamp(statement.stored))
        and (statement.version is UNSET or rules == TWO or is_version(statement.version))
        and (statement.authority is UNSET or _authority(statement.authority))
        and (statement.attachments is UNSET or all(map(_attachment, statement.attachments)))
    )


def _surely_of_two(statement: Statement) -> bool:
    """What 2.0 asks besides: times of RFC 3339, and versions that may be 2.0 (4.2.7, 4.2.4.3)."""
    return (
        (statement.timestamp is UNSET or is_rfc_3339(statement.timestamp))
        and (statement.stored is UNSET or is_rfc_3339(statement.stored))
        and (statement.version is UNSET or is_version_of_two(statement.version))
    )


def _language_map(words: LanguageMap) -> bool:
    return all(map(is_language_tag, words))


def _extensions(extensions: Extensions) -> bool:
    for key, value in extensions.items():
        if not is_recurring_iri(key) or (type(value) in _CONTAINERS and not _shallow(value)):
            return False
    return True


def _shallow(value: Any, depth: int = 8) -> bool:
    """Whether an object or array stays well within the depth allowed, wherever it stands."""
    if depth > MAX_DEPTH - 8:
        return False
    for item in value.values() if type(value) is dict else value:
        if type(item) in _CONTAINERS and not _shallow(item, depth + 1):
            return False
    return True


def _identified(actor: Agent | Actor | Thing) -> bool:
    """Whether there is exactly one identifier, and it is sound."""
    account = actor.account
    if account is not UNSET:
        return (
            actor.mbox is UNSET
            and actor.mbox_sha1sum is UNSET
            and actor.openid is UNSET
            and is_recurring_iri(account.homePage)
        )
    if actor.mbox is not UNSET:
        alone = actor.mbox_sha1sum is UNSET and actor.openid is UNSET
        return alone and is_mailto(actor.mbox)
    if actor.mbox_sha1sum is not UNSET:
        return actor.openid is UNSET and is_sha1(actor.mbox_sha1sum)
    return actor.openid is not UNSET and is_iri(actor.openid)


def _actor(actor: Actor | Thing) -> bool:
    if actor.objectType != "Group":
        return actor.member is UNSET and _identified(actor)
    members = actor.member
    if members is not UNSET:
        for member in members:
            if not _identified(member):
                return False
    anonymous = (
        actor.account is UNSET
        and actor.mbox is UNSET
        and actor.mbox_sha1sum is UNSET
        and actor.openid is UNSET
    )
    return bool(members) if anonymous else _identified(actor)


def _authority(actor: Actor) -> bool:
    return actor.objectType != "Group" and _actor(actor)


def _activity(thing: Thing) -> bool:
    return (
        thing.id is not UNSET
        and is_iri(thing.id)
        and (thing.definition is UNSET or _definition(thing.definition))
        and thing.account is UNSET
        and thing.mbox is UNSET
        and thing.mbox_sha1sum is UNSET
        and thing.openid is UNSET
        and thing.name is UNSET
        and thing.member is UNSET
    )


def _other(thing: Thing, kind: str) -> bool:
    if thing.definition is not UNSET:
        return False
    if kind != "StatementRef":
        return thing.id is UNSET and _actor(thing)
    return (
        thing.id is not UNSET
        and is_uuid(thing.id)
        and thing.account is UNSET
        and thing.mbox is UNSET
        and thing.mbox_sha1sum is UNSET
        and thing.openid is UNSET
        and thing.name is UNSET
        and thing.member is UNSET
    )


def _definition(definition: Definition) -> bool:
    return (
        (definition.name is UNSET or _language_map(definition.name))
        and (definition.type is UNSET or is_recurring_iri(definition.type))
        and (definition.description is UNSET or _language_map(definition.description))
        and (definition.moreInfo is UNSET or is_iri(definition.moreInfo))
        and (definition.extensions is UNSET or _extensions(definition.extensions))
        and _interaction(definition)
    )


def _interaction(definition: Definition) -> bool:
    kind = definition.interactionType
    if kind is UNSET:
        return (
            definition.correctResponsesPattern is UNSET
            and definition.choices is UNSET
            and definition.scale is UNSET
            and definition.source is UNSET
            and definition.target is UNSET
            and definition.steps is UNSET
        )
    lists = {
        "choices": definition.choices,
        "scale": definition.scale,
        "source": definition.source,
        "target": definition.target,
        "steps": definition.steps,
    }
    supported = INTERACTIONS.get(kind)
    if supported is None:
        return False
    for name, components in lists.items():
        if components is UNSET:
            continue
        if name not in supported or len({each.id for each in components}) != len(components):
            return False
        for each in components:
            if each.description is not UNSET and not _language_map(each.description):
                return False
    return True


def _result(result: Result) -> bool:
    return (
        (result.extensions is UNSET or _extensions(result.extensions))
        and (result.score is UNSET or _score(result.score))
        and (result.duration is UNSET or is_duration(result.duration))
    )


def _score(score: Score) -> bool:
    low, raw, high = score.min, score.raw, score.max
    return (
        (score.scaled is UNSET or -1 <= score.scaled <= 1)
        and (low is UNSET or high is UNSET or low < high)
        and (raw is UNSET or low is UNSET or low <= raw)
        and (raw is UNSET or high is UNSET or raw <= high)
    )


def _context(context: Context, kind: str) -> bool:
    around = context.contextActivities
    if around is not UNSET and not (
        (around.category is UNSET or _activities(around.category))
        and (around.parent is UNSET or _activities(around.parent))
        and (around.grouping is UNSET or _activities(around.grouping))
        and (around.other is UNSET or _activities(around.other))
    ):
        return False
    return (
        (context.extensions is UNSET or _extensions(context.extensions))
        and (context.registration is UNSET or is_uuid(context.registration))
        and (context.language is UNSET or is_language_tag(context.language))
        and (context.instructor is UNSET or _actor(context.instructor))
        and (context.team is UNSET or (context.team.objectType == "Group" and _actor(context.team)))
        and (context.statement is UNSET or is_uuid(context.statement.id))
        and (kind == "Activity" or (context.revision is UNSET and context.platform is UNSET))
    )


def _activities(activities: Activity | list[Activity]) -> bool:
    for activity in activities if isinstance(activities, list) else (activities,):
        if not is_recurring_iri(activity.id):
            return False
        if activity.definition is not UNSET and not _definition(activity.definition):
            return False
    return True


def _attachment(attachment: Attachment) -> bool:
    return (
        is_recurring_iri(attachment.usageType)
        and _language_map(attachment.display)
        and (attachment.description is UNSET or _language_map(attachment.description))
        and is_media_type(attachment.contentType)
        and attachment.length >= 0
        and is_sha2(attachment.sha2)
        and (attachment.fileUrl is UNSET or is_iri(attachment.fileUrl))
    )
