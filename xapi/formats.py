"""The special data types of xAPI 1.0.3 Part Two, section 4, and the formats statements borrow.

Every function answers whether a text has a format. Texts that come again and again (verbs, types,
home pages, language tags) are remembered, boundedly; those that rarely do are not.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache

# RFC 3987, best effort as Part Two 2.2 allows: a scheme, then characters an IRI may hold, percent
# signs only as escapes; the web's own schemes need a host.
_IRI = re.compile(
    r"(?!https?:(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:"
    r'(?:[^\x00-\x20\x7f-\xa0<>"{}|\\^`%\u2028\u2029\ufffe\uffff]|%[0-9A-Fa-f]{2})+'
)
_MAILTO = re.compile(
    r"mailto:(?:[^\x00-\x20\x7f@<>()\[\],;:\\\"]+|\"[^\x00-\x1f\x7f\"]+\")"
    r"@(?:[^\x00-\x20\x7f@<>()\[\],;:\\\"?#/.]+(?:\.[^\x00-\x20\x7f@<>()\[\],;:\\\"?#/.]+)*"
    r"|\[[0-9A-Za-z:.]+\])"
)
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
_SHA2 = re.compile(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_VERSION = re.compile(r"1\.0(?:\.[0-9A-Za-z.+-]+)?")
_HEADER_VERSION = re.compile(r"1\.0(?:\.(?:0|[1-9][0-9]{0,4}))?")
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_MEDIA_TYPE = re.compile(
    rf'{_WORD}/{_WORD}(?:[ \t]*;[ \t]*{_WORD}=(?:{_WORD}|"(?:[^"\\\x00-\x1f]|\\.)*"))*[ \t]*;?'
)
# RFC 5646, 2.1. The grandfathered tags that the grammar itself does not cover are listed.
_LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|en-gb-oed|i-ami|i-bnn|i-default|i-enochian|i-hak|i-klingon|i-lux|i-mingo|i-navajo|i-pwn"
    r"|i-tao|i-tay|i-tsu|sgn-be-fr|sgn-be-nl|sgn-ch-de|art-lojban|cel-gaulish|zh-min)",
    re.IGNORECASE | re.ASCII,
)
# ISO 8601 calendar date and time, extended or basic. -00 says "offset unknown" in RFC 3339 and is
# no offset at all in ISO 8601.
_ZONE = r"(?P<zone>Z|(?!-00(?::?00)?$)[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?"
_SECONDS = r"(?P<s>[0-5]\d|60)(?:[.,](?P<fraction>\d+))?"
_EXTENDED = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)T(?P<h>[01]\d|2[0-3]):(?P<m>[0-5]\d)(?::" + _SECONDS + ")?" + _ZONE,
    re.ASCII,
)
_BASIC = re.compile(
    r"(?P<date>\d{8})T(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?:" + _SECONDS + ")?" + _ZONE, re.ASCII
)
#: The forms that every reader of times understands.
_PLAIN = re.compile(
    r"(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?" + _ZONE, re.ASCII
)


def is_iri(text: str) -> bool:
    """An IRI or IRL with a scheme (4.3)."""
    return _IRI.fullmatch(text) is not None


_remembered_iri = lru_cache(maxsize=16_384)(is_iri)


def is_recurring_iri(text: str) -> bool:
    """The same for IRIs that recur: verbs, types, home pages, extension keys."""
    return _remembered_iri(text) if len(text) < 512 else is_iri(text)


def is_language_tag(text: str) -> bool:
    """A language tag of RFC 5646 (4.2), its singletons used once each."""
    return len(text) < 128 and _remembered_tag(text)


@lru_cache(maxsize=2048)
def _remembered_tag(text: str) -> bool:
    if _LANGUAGE.fullmatch(text) is None:
        return False
    singletons: list[str] = []
    for part in text.lower().split("-")[1:]:
        if part == "x":
            break
        if len(part) == 1:
            singletons.append(part)
    return len(singletons) == len(set(singletons))


def is_uuid(text: str) -> bool:
    """A UUID in its standard string form (4.4)."""
    return _UUID.fullmatch(text) is not None


def is_timestamp(text: str) -> bool:
    """A date and time of ISO 8601 (4.5) that the calendar knows."""
    return _on_calendar(_EXTENDED.fullmatch(text) or _BASIC.fullmatch(text))


def is_plain_timestamp(text: str) -> bool:
    """A timestamp in a form that every reader understands: extended, with seconds."""
    return _on_calendar(_PLAIN.fullmatch(text))


def plain_timestamp(text: str) -> str:
    """A timestamp in plain form, the same moment: statements' times may be written anew (2.3.1)."""
    found = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a timestamp")
    seconds = timedelta(
        seconds=int(found["s"] or 0),
        microseconds=int((found["fraction"] or "")[:6].ljust(6, "0")),
    )
    minute = datetime.fromisoformat(f"{found['date']}T{found['h']}:{found['m']}")
    try:
        at = minute + seconds  # second 60, a leap second, is the first of the next minute
    except OverflowError:
        at = datetime.max  # noqa: DTZ901 - the zone is written after it
    return f"{at.isoformat()}{found['zone'] or ''}"


def _on_calendar(found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    try:
        datetime.fromisoformat(found.group(1))
    except ValueError:
        return False
    return True


def is_mailto(text: str) -> bool:
    """The mailto IRI of one e-mail address (2.4.2.3)."""
    return _MAILTO.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """A SHA-1 digest in hexadecimal (2.4.2.3)."""
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    """A SHA-2 digest of any of its lengths in hexadecimal (2.4.11)."""
    return _SHA2.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """An Internet media type of RFC 2046, parameters included (2.4.11)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """A version that starts with 1.0. (2.4.10), or 1.0, which means 1.0.0 (Part Three 3.3)."""
    return _VERSION.fullmatch(text) is not None


def is_header_version(text: str) -> bool:
    """A version that a request may name: 1.0, which means 1.0.0, or 1.0.x (Part Three 3.3)."""
    return _HEADER_VERSION.fullmatch(text) is not None
