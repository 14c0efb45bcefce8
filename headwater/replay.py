"""What was refused, tried again: the same bytes by the same door.

A work tool's delivery goes to the hooks server, signed anew as its connector signs; a statement
goes to the LRS. What came by neither is loaded again from its own file.
"""

from dataclasses import dataclass
from typing import Any

import httpx

from bus import rejections
from bus.rejections import HOOK, Door, door_of
from headwater.patience import reason_of
from headwater.running import Running
from producers.registry import all_connectors

#: What the hooks server answers when it has kept a delivery once more instead of mapping it.
KEPT_AGAIN = 202
SECONDS = 30.0


@dataclass(frozen=True)
class Result:
    """What became of one replay, in words."""

    done: bool
    said: str


def body_of(row: dict[str, Any]) -> bytes:
    """The bytes that were refused."""
    return rejections.body_of(str(row["body"]), str(row["encoding"]))


def replay(row: dict[str, Any], stack: Running, client: httpx.Client) -> Result:
    """Sends one refused thing again; a door that is closed is a result too."""
    source = str(row["source"])
    if not row["body"]:
        return Result(
            False, "what was sent was not kept (HEADWATER_LRS_REFUSED_BODY): its sender has it"
        )
    door = door_of(str(row["kind"]), source)
    try:
        if door is Door.LRS:
            return _to_lrs(body_of(row), stack, client)
        if door is Door.HOOKS:
            return _to_hooks(row, source.removeprefix(HOOK), stack, client)
    except httpx.TransportError as error:
        return Result(False, f"nobody answers: {error!r}")
    return Result(
        False, f"came from {source or 'an unknown source'}: load its file again, corrected"
    )


def _to_lrs(body: bytes, stack: Running, client: httpx.Client) -> Result:
    url, login = stack.lrs
    answer = client.post(
        f"{url}/xapi/statements",
        content=body,
        auth=login,
        headers={"X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"},
        timeout=SECONDS,
    )
    if answer.is_success:
        return Result(True, "the LRS took it")
    return Result(False, f"the LRS refused it: {answer.status_code} {reason_of(answer)}")


def _to_hooks(row: dict[str, Any], connection: str, stack: Running, client: httpx.Client) -> Result:
    url, secrets = stack.hooks
    if connection not in secrets:
        return Result(False, f"there is no connection {connection!r} any more")
    connector = all_connectors().get(stack.connector(connection))
    if connector is None or connector.webhook is None:
        return Result(
            False, f"which tool {connection!r} is, the stack does not say: start it again"
        )
    body = body_of(row)
    said = stack.options(connection)
    options = None if said is None else connector.options.model_validate(said)
    kept = connector.webhook.signed(row["headers"], body, secrets[connection], options)
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in kept.items()]
    answer = client.post(
        f"{url}/hooks/{connection}", content=body, headers=headers, timeout=SECONDS
    )
    taken = answer.is_success and answer.status_code != KEPT_AGAIN
    return Result(taken, _said(answer))


def _said(answer: httpx.Response) -> str:
    try:
        found = answer.json()
    except ValueError:
        return f"{answer.status_code} {answer.text[:200]}"
    said = str(found.get("error") or found.get("reason") or "")
    result = found.get("result", answer.status_code)
    if "statements" in found:
        said = f"{found['statements']} statements"
    return f"{result}: {said}" if said else str(result)
