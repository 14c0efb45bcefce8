"""What the filters of GET /statements mean, in plain Python over parsed statements: the oracle.

Part Three 2.1.3 (filters) and 2.1.4 (filter conditions for StatementRefs).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from lrs.statements.reader import Range
from xapi.identity import canonical

Said = Mapping[str, Any]


def each(found: Any) -> list[Any]:
    """Context activities may be one or an array (Part Two 2.4.6.2)."""
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def agents(actor: Any) -> set[str]:
    """An Agent or Group by its own identifier, a Group by those of its members too (2.1.3)."""
    if not isinstance(actor, Mapping):
        return set()
    return {canonical(one) for one in (actor, *each(actor.get("member")))} - {""}


def kind(thing: Said) -> str:
    """An object's type; Activity where it is not said (Part Two 2.4.4)."""
    return str(thing.get("objectType", "Activity"))


def direct_agents(said: Said) -> set[str]:
    """The actor, and the object where it is an Agent or Group."""
    thing = said.get("object", {})
    return agents(said.get("actor")) | (
        agents(thing) if kind(thing) in ("Agent", "Group") else set()
    )


def related_agents(said: Said) -> set[str]:
    """Actor, object, authority, instructor, team, 2.0's context agents, the SubStatement's too."""
    context = said.get("context", {})
    found = direct_agents(said) | agents(said.get("authority"))
    found |= agents(context.get("instructor")) | agents(context.get("team"))
    for name, member in (("contextAgents", "agent"), ("contextGroups", "group")):
        for one in context.get(name, ()):
            found |= agents(one.get(member))
    thing = said.get("object", {})
    return found | (related_agents(thing) if kind(thing) == "SubStatement" else set())


def activities(said: Said) -> Iterator[tuple[bool, Said]]:
    """Activities that a statement names, and whether as its object."""
    thing = said.get("object", {})
    if kind(thing) == "Activity":
        yield True, thing
    for some in said.get("context", {}).get("contextActivities", {}).values():
        yield from ((False, one) for one in each(some))
    if kind(thing) == "SubStatement":
        yield from ((False, one) for _, one in activities(thing))


def people(said: Any) -> Iterator[Said]:
    """Everything in a statement that is an actor, members too."""
    if not isinstance(said, Mapping):
        return
    context, thing = said.get("context", {}), said.get("object", {})
    found = [said.get("actor"), said.get("authority")]
    found += [context.get("instructor"), context.get("team")]
    found += [one.get("agent") for one in context.get("contextAgents", ())]
    found += [one.get("group") for one in context.get("contextGroups", ())]
    if kind(thing) in ("Agent", "Group"):
        found.append(thing)
    for actor in found:
        if isinstance(actor, Mapping):
            yield from (actor, *each(actor.get("member")))
    if kind(thing) == "SubStatement":
        yield from people(thing)


def meets(said: Said, wanted: Range) -> dict[str, bool]:
    """Which filters a statement meets by itself, of those that are asked for."""
    found: dict[str, bool] = {}
    if wanted.agent:
        known = related_agents(said) if wanted.related_agents else direct_agents(said)
        found["agent"] = wanted.agent in known
    if wanted.verb:
        found["verb"] = said.get("verb", {}).get("id") == wanted.verb
    if wanted.activity:
        found["activity"] = any(
            one.get("id") == wanted.activity
            for direct, one in activities(said)
            if direct or wanted.related_activities
        )
    if wanted.registration:
        registration = said.get("context", {}).get("registration")
        found["registration"] = bool(registration) and UUID(registration) == wanted.registration
    return found


def matches(said: Said, wanted: Range, known: Mapping[UUID, Said]) -> bool:
    """Whether a statement meets every filter, itself or by what it refers to, recursively."""
    met: dict[str, bool] = {}
    for one in chain(said, known):
        for name, does in meets(one, wanted).items():
            met[name] = met.get(name, False) or does
    mine = not wanted.authority or canonical(said.get("authority", {})) == wanted.authority
    return mine and all(met.values())


def chain(said: Said, known: Mapping[UUID, Said]) -> list[Said]:
    """A statement, what it refers to, what that refers to, and so on (2.1.4)."""
    found: list[Said] = []
    seen: set[UUID] = set()
    following: Said | None = said
    while following is not None:
        found.append(following)
        thing = following.get("object", {})
        if kind(thing) != "StatementRef" or UUID(thing["id"]) in seen:
            break
        seen.add(UUID(thing["id"]))
        following = known.get(UUID(thing["id"]))
    return found


def voided(every: Iterable[Said]) -> set[UUID]:
    """The ids that voiding statements undo whose sender may void all; a voiding one cannot be
    voided (Part Two 2.3.2)."""
    some = list(every)
    void = "http://adlnet.gov/expapi/verbs/voided"
    voiding = [one for one in some if one.get("verb", {}).get("id") == void]
    targets = {
        UUID(one["object"]["id"]) for one in voiding if kind(one["object"]) == "StatementRef"
    }
    return targets - {UUID(one["id"]) for one in voiding}


def parsed(raw: bytes) -> Said:
    """A statement's text as a mapping; nothing where it is none."""
    said = json.loads(raw)
    return said if isinstance(said, dict) else {}
