"""An act as a page tells it: the fields that are declared, and what of them may be known.

A page's address goes without its login, its fragment and its query; of a page outside only the host
is told, unless the connection says otherwise. The script does so before anything leaves the page;
here it is made sure.
"""

import unicodedata
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from producers.connectors.beacon.options import BeaconOptions
from producers.errors import Unreadable
from producers.signatures import Delivery

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def _plain(text: str) -> str:
    if any(unicodedata.category(each) in _UNSEEN for each in text):
        raise ValueError("it has signs of control")
    return text


Name = Annotated[str, Field(max_length=200), AfterValidator(_plain)]


class Act(BaseModel):
    """What a page tells of one act: these fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    #: What tells the act apart from others of its person: the page makes it, once for each.
    id: str = Field(pattern=r"^[\w.:-]{1,100}$")
    kind: str = Field(pattern=r"^[a-z][a-z-]{0,39}$")
    #: When, in Unix milliseconds.
    at: int = Field(ge=0, lt=1 << 42)
    account: Name = Field(min_length=1)
    #: What the portal's server signed the account with; it ends at the door.
    token: str = Field("", max_length=200)
    #: The page that it was done on, or to.
    page: str = Field("", max_length=2000)
    #: What the page is about, as the organisation groups it.
    topic: Name = ""
    #: Whose profile was looked up.
    whom: Name = ""
    #: Whether a search had results, or a page the answer.
    found: bool | None = None
    #: Of how many signs the text of a search was.
    length: int | None = Field(None, ge=0, le=100_000)
    #: That text, where the connection's `texts` lets it.
    text: str = Field("", max_length=500)
    #: The id of what is taken back.
    of: str = Field("", pattern=r"^[\w.:-]{0,100}$")


def read(event: Any) -> Act:
    """An act. Raises ValueError, with the field and without what it holds."""
    try:
        return Act.model_validate(event)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(each)[:40] for each in wrong["loc"]) or "the act"
        known = ", ".join(Act.model_fields)
        raise ValueError(f"`{field}`: {wrong['msg']}; the fields are {known}") from None


def told(body: bytes) -> Act:
    """The act that a body holds. Raises Unreadable."""
    try:
        return read(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"the body is not valid JSON: {error}") from error
    except ValueError as error:
        raise Unreadable(str(error)) from error


def written(act: Act) -> bytes:
    """An act as a body; what is not said is not there."""
    return orjson.dumps(act.model_dump(exclude_defaults=True))


def whole(delivery: Delivery, options: BeaconOptions) -> Delivery:
    """A delivery with nothing in it but what may be known. Raises Unreadable."""
    act = told(delivery.body)
    changes: dict[str, Any] = {"token": ""}
    if not options.texts:
        changes["text"] = ""
    try:
        changes["page"] = cut(act.page, options) if act.page else ""
    except ValueError as error:
        raise Unreadable(f"`page`: {error}") from error
    return replace(delivery, body=written(act.model_copy(update=changes)))


def cut(address: str, options: BeaconOptions) -> str:
    """What may be known of an address. Raises ValueError for one of no page on the web."""
    parts = urlsplit(_plain(address))
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in address:
        raise ValueError("it is no address of a page on the web")
    at = f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"
    if not options.is_inside(at):
        return at + (parts.path if options.addresses and parts.path else "/")
    declared = [each for each in parse_qsl(parts.query) if each[0] in options.queries]
    return at + (parts.path or "/") + (f"?{urlencode(declared)}" if declared else "")
