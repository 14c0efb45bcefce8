"""What the LRS answers when it does not do what was asked.

    ApiError                    the answer's status, and headers that belong to it
    ├── BadRequest          400
    ├── Unauthorized        401
    ├── Forbidden           403
    ├── NotFound            404
    ├── MethodNotAllowed    405
    ├── RequestLate         408  the head or the body did not come in time
    ├── Conflict            409  it would overwrite what the client has not seen
    ├── PreconditionFailed  412  If-Match or If-None-Match does not hold
    ├── TooLarge            413
    ├── UnsupportedType     415  a content type that the resource does not read
    ├── UnsupportedEncoding 415  a content encoding that is not understood
    ├── TooMany             429  the credential's rate is used up
    ├── HeadTooLarge        431  the request line and headers are too long
    └── Unavailable         503  try again: Kafka, the warehouse or the disk is not ready

Statements that break a rule raise `xapi.errors.XapiError`, which is answered with 400. Each answer
is JSON: {"error": {"path", "rule", "section", "message"}}.
"""

from collections.abc import Mapping
from typing import Any

from xapi.errors import XapiError


class ApiError(Exception):
    """A request that is not fulfilled, with the reason and, where there is one, the rule."""

    status = 500

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        section: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.section = section
        self.headers = dict(headers or {})


class BadRequest(ApiError):
    """The request breaks a rule of the interface."""

    status = 400


class Unauthorized(ApiError):
    """No credentials, or wrong ones."""

    status = 401

    def __init__(self, message: str) -> None:
        headers = {"WWW-Authenticate": 'Basic realm="Headwater LRS", charset="UTF-8"'}
        super().__init__(message, section="Part Three 4.0", headers=headers)


class Forbidden(ApiError):
    """The credentials are known, and may not do this."""

    status = 403

    def __init__(self, message: str, *, path: str = "", section: str = "Part Three 4.2") -> None:
        super().__init__(message, path=path, section=section)


class NotFound(ApiError):
    """There is nothing at this address, or no such statement."""

    status = 404


class Conflict(ApiError):
    """What was sent contradicts what is stored."""

    status = 409


class MethodNotAllowed(ApiError):
    """The resource does not know the method."""

    status = 405


class PreconditionFailed(ApiError):
    """What the client says of the document it has seen does not hold."""

    status = 412


class TooLarge(ApiError):
    """The request is larger than the LRS takes."""

    status = 413

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"Connection": "close"})


class UnsupportedType(ApiError):
    """The body has a content type that the resource does not read."""

    status = 415

    def __init__(self, message: str) -> None:
        super().__init__(message, path="Content-Type")


class UnsupportedEncoding(ApiError):
    """The body has a content encoding that the LRS does not understand."""

    status = 415

    def __init__(self, message: str) -> None:
        super().__init__(message, headers={"Accept-Encoding": "gzip, identity"})


class TooMany(ApiError):
    """The credential has sent as much as it may for now."""

    status = 429

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message, headers={"Retry-After": str(seconds)})


class HeadTooLarge(ApiError):
    """The request line and the headers are larger than the LRS takes."""

    status = 431

    def __init__(self, message: str) -> None:
        super().__init__(message, path="the request's head", section="RFC 6585 5")


class RequestLate(ApiError):
    """The request did not come whole in the time that it is waited for."""

    status = 408

    def __init__(self, message: str) -> None:
        super().__init__(message, path="the request", section="RFC 9110 15.5.9")


class Unavailable(ApiError):
    """The LRS cannot do it now; the same request may succeed a moment later."""

    status = 503

    def __init__(self, message: str, *, seconds: int = 2) -> None:
        super().__init__(message, headers={"Retry-After": str(seconds)})


def described(error: ApiError | XapiError) -> dict[str, Any]:
    """The body of the answer."""
    if isinstance(error, XapiError):
        return _body(error.path, error.rule, error.section, f"{error}{_more(error)}")
    return _body(error.path, error.message, error.section, error.message)


def _more(error: XapiError) -> str:
    """Of a refused batch: how much else is wrong, and where it need not be taken whole."""
    if error.others is None:
        return ""
    more = len(error.others)
    count = f"{more} more of the batch break a rule" if more else "no other one of the batch does"
    return f"; {count}. POST /verdicts takes lines, judges each by itself, and stores the rest"


def _body(path: str, rule: str, section: str, message: str) -> dict[str, Any]:
    return {"error": {"path": path, "rule": rule, "section": section, "message": message}}
