"""The Alternate Request Syntax (1.0.3, Part Three 1.3), for browsers that could not send otherwise.

A POST with the one query parameter `method` carries the request as a form: its headers, its query
parameters, and its body as `content`. It is unfolded into the request that it stands for. 2.0 took
this out again, and so does a request that names 2.0.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lrs.errors import BadRequest
from lrs.http.request import Request
from xapi.versions import ONE, rules_of

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
#: Form parameters that stand for headers.
HEADERS = (
    "authorization", "x-experience-api-version", "content-type", "content-length", "if-match",
    "if-none-match", "accept", "accept-language",
)  # fmt: skip
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 100

_SECTION = "Part Three 1.3"


def is_folded(request: Request) -> bool:
    """Whether a request carries another one."""
    return request.method == "POST" and b"method=" in request.scope["query_string"]


async def unfolded(request: Request, limit: int) -> Request:
    """The request that a form stands for; BadRequest where it is not as it must be."""
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if [name for name, _ in query] != ["method"]:
        _refuse("method is the only query parameter of a form that stands for a request", "?method")
    method = query[0][1].upper()
    if method not in METHODS:
        _refuse(f"{method[:20]!r} is none of {', '.join(METHODS)}", "?method")
    form = await _form(request, limit)
    content = form.pop("content", None)
    if content is None and method == "PUT":
        _refuse("the form has no parameter content", "content")
    headers = {name.lower(): value for name, value in form.items() if name.lower() in HEADERS}
    for name, value in headers.items():
        if _CONTROL.search(value):  # it may be a header again, of an answer
            _refuse("holds a control character, which no header may", name)
    if rules_of(headers.get("x-experience-api-version", request.header(_VERSION))) not in (
        ONE,
        None,
    ):
        _refuse("2.0 has no alternate request syntax", "?method")
    parameters = {name: value for name, value in form.items() if name.lower() not in HEADERS}
    return _made(request, method, parameters, headers, (content or "").encode())


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_VERSION = b"x-experience-api-version"


async def _form(request: Request, limit: int) -> dict[str, str]:
    kind = request.header(b"content-type").partition(";")[0].strip().lower()
    if kind != FORM:
        _refuse(f"the body must be a form ({FORM}), not {kind[:60]!r}", "Content-Type")
    body = await request.content(3 * limit)  # every byte may be written as %XX
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise BadRequest(f"the body is not a form: {error}", section=_SECTION) from error
    form = dict(pairs)
    if len(form) != len(pairs):
        _refuse("a form parameter comes twice", "form")
    return form


def _made(
    request: Request,
    method: str,
    parameters: dict[str, str],
    headers: dict[str, str],
    content: bytes,
) -> Request:
    headers = {"content-type": "application/json", **headers, "content-length": str(len(content))}
    kept = [(k, v) for k, v in request.scope["headers"] if k.decode("latin-1") not in headers]
    said = [(k.encode(), v.encode("latin-1", "replace")) for k, v in headers.items()]
    scope = {
        **request.scope,
        "method": method,
        "query_string": urlencode(parameters).encode(),
        "headers": kept + said,
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return Request(scope, receive)


def _refuse(message: str, path: str) -> None:
    raise BadRequest(message, path=path, section=_SECTION)
