"""CloudEvents: whatever a tool of one's own tells, as the connection's rules say what it means.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md

An event's type is its kind. A rule of the connection (options.py) gives by JMESPath expressions
what it becomes: a statement, what it takes back, a work signal. An act is told apart by its source
and id, as CloudEvents say, under the tool's address. What no rule reads goes no further, and no
text is taken for a name; a rule's `title` and `text` go further as far as the connection `keeps`
them. What counts as what, and why: docs/decisions/cloudevents.md.
"""

from collections.abc import Mapping, Sequence

from producers.connector import (
    ANY,
    ANY_TYPE,
    Answer,
    Connector,
    Event,
    Handshake,
    Ignored,
    Made,
    Undecided,
    Unmapped,
    Webhook,
)
from producers.connectors.cloudevents import envelope, mapping
from producers.connectors.cloudevents.options import Authentication, CloudEventsOptions, matches
from producers.errors import WrongMethod
from producers.signatures import (
    BearerToken,
    Delivery,
    HexHmacSha256,
    Scheme,
    standard_webhooks,
    with_token,
)


def kind_of(_: Mapping[str, str], event: Event) -> str:
    """The type of the event."""
    return str(event.get("type") or "")


def scheme_of(options: CloudEventsOptions) -> Scheme:
    """How a connection's deliveries are signed."""
    if options.authentication is Authentication.HMAC:
        return HexHmacSha256(options.hmac_header, options.hmac_prefix)
    if options.authentication is Authentication.STANDARD_WEBHOOKS:
        return standard_webhooks
    return BearerToken()


def handshake(options: CloudEventsOptions) -> Handshake:
    """Answers a sender that the connection names; any other is told that it may not send."""

    def reply(delivery: Delivery, _: bytes) -> Answer | None:
        origin = envelope.origin_of(delivery.headers)
        if not origin:
            return None
        if origin.lower() not in options.origins:
            raise WrongMethod("this origin may not send: the connection's `origins` do not name it")
        allowed = {
            "allow": "POST",
            "webhook-allowed-origin": origin,
            "webhook-allowed-rate": "*",
        }
        return Answer(headers=allowed)

    return Handshake(reply, signed=False, methods=("OPTIONS",))


connector = Connector(
    name="cloudevents",
    title="CloudEvents",
    docs="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md",
    webhook=Webhook(
        signature=BearerToken(),
        signature_of=scheme_of,
        kind_of=kind_of,
        events=envelope.events,
        content_types=(ANY_TYPE,),
        answer=handshake,
        arrived=with_token,
        whole=envelope.whole,
    ),
    options=CloudEventsOptions,
)


@connector.maps(ANY)
def declared(event: Event, options: CloudEventsOptions) -> Sequence[Made]:
    """What the first rule of the connection says that is of this type and whose `when` holds."""
    try:
        envelope.checked(event)
        found = mapping.reading(event, options)
    except ValueError as error:
        return [Unmapped(str(error))]
    if found:
        return found.made()
    for pattern, reason in options.ignored.items():
        if matches(pattern, event["type"]):
            raise Ignored(reason)
    raise Undecided(f"no rule of the connection is of the type {event['type'][:200]}")
