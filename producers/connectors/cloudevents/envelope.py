"""CloudEvents 1.0 by HTTP: the structured, the binary and the batched mode.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

import base64
import binascii
import contextlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from producers.connector import JSON, Event, many_events
from producers.connectors.cloudevents.options import Authentication, CloudEventsOptions
from producers.errors import TooLarge, Unreadable, WrongType
from producers.signatures import Delivery, Headers

FAMILY = "application/cloudevents"
STRUCTURED = f"{FAMILY}+json"
BATCHED = f"{FAMILY}-batch+json"
ATTRIBUTE = "ce-"
#: So many events may be in a batch: others are not to wait while they are read.
MOST = 1000
_JSON = re.compile(r"[^/]+/([^/]+\+)?json")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def whole(delivery: Delivery, options: CloudEventsOptions) -> Delivery:
    """A delivery in the structured or the batched mode: attributes in headers move into its body.

    Raises WrongType for another format, Unreadable for attributes that cannot be read.
    """
    media = _media(delivery.headers.get("content-type", ""))
    if media.startswith(FAMILY):
        if media not in (STRUCTURED, BATCHED):
            raise WrongType(f"events are read as {STRUCTURED} or {BATCHED}, not {media[:80]}")
        return delivery
    found = {name: value for name, value in delivery.headers.items() if name.startswith(ATTRIBUTE)}
    if not found:
        if media == JSON:  # as many send an event that is structured
            return delivery
        raise Unreadable("no event: it has neither headers `ce-…` nor the type of a CloudEvent")
    if options.authentication is not Authentication.BEARER:
        raise WrongType(
            f"its signature is over the body, and the event's attributes are in headers: "
            f"send {STRUCTURED}"
        )
    event = {name.removeprefix(ATTRIBUTE): _header(name, value) for name, value in found.items()}
    body = orjson.dumps({**event, **_data(delivery)})
    plain = {name: value for name, value in delivery.headers.items() if name not in found}
    return Delivery({**plain, "content-type": STRUCTURED}, body, delivery.method, delivery.query)


def events(delivery: Delivery) -> Sequence[Event]:
    """The events of a delivery that is whole; what is null is not there.

    Raises Unreadable, and TooLarge for more than are taken at once.
    """
    found = many_events(delivery)
    if len(found) > MOST:
        raise TooLarge(f"{len(found)} events at once: send at most {MOST}")
    return [_read(event) for event in found]


def checked(event: Event) -> None:
    """Raises ValueError for what is no CloudEvent of version 1.0."""
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise ValueError(f"no CloudEvent: `{name}` is missing or not a text")
    if event.get("specversion") != "1.0":
        raise ValueError("no CloudEvent of version 1.0: `specversion` says otherwise")
    if "time" in event and not _is_time(event["time"]):
        raise ValueError("no CloudEvent: `time` is no date and time by RFC 3339")
    if "data" in event and "data_base64" in event:
        raise ValueError("no CloudEvent: it has both `data` and `data_base64`")


def _read(event: Event) -> Event:
    """An event without what is null, and with its data where these are JSON in Base64."""
    made = {name: value for name, value in event.items() if value is not None or name == "data"}
    media = _media(str(made.get("datacontenttype", JSON)))
    if "data_base64" in made and "data" not in made and _JSON.fullmatch(media):
        with contextlib.suppress(binascii.Error, orjson.JSONDecodeError, TypeError, ValueError):
            made["data"] = orjson.loads(base64.b64decode(made["data_base64"], validate=True))
            del made["data_base64"]
    return made


def _data(delivery: Delivery) -> Mapping[str, Any]:
    """What the body of a delivery in binary mode is in a structured event."""
    said = delivery.headers.get("content-type", "")
    kind = {"datacontenttype": said} if said else {}
    if not delivery.body:
        return kind
    if _JSON.fullmatch(_media(said)):
        try:
            return {**kind, "data": orjson.loads(delivery.body)}
        except orjson.JSONDecodeError as error:
            raise Unreadable(f"the body is not valid JSON: {error}") from error
    if _media(said).startswith("text/"):
        with contextlib.suppress(UnicodeDecodeError):
            return {**kind, "data": delivery.body.decode("utf-8")}
    return {**kind, "data_base64": base64.b64encode(delivery.body).decode()}


def _header(name: str, value: str) -> str:
    """An attribute's value: quotes are taken off, what is percent-encoded is UTF-8 (3.1.3.2)."""
    quoted = _QUOTED.fullmatch(value.strip())
    plain = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    try:
        return unquote_to_bytes(plain).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"the header {name[:80]} is not percent-encoded UTF-8") from error


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


def origin_of(headers: Headers) -> str:
    """Who asks whether it may send."""
    return headers.get("webhook-request-origin", "").strip()
