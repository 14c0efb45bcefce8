"""The special data types of xAPI 1.0.3 Part Two, section 4, and the formats statements borrow.

Every function answers whether a text has a format. Texts that come again and again (verbs, types,
home pages, language tags) are remembered, boundedly; those that rarely do are not.
"""

import re
from datetime import UTC, datetime, timedelta
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
_VERSION_OF_TWO = re.compile(r"[12]\.0(?:\.[0-9A-Za-z.+-]+)?")
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
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
    r"(?:Z|(?!-00:00)[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
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


def is_rfc_3339(text: str) -> bool:
    """A date and time of RFC 3339 (2.0, 4.2.7): extended, with seconds and an offset.

    The offset -00:00, which ISO 8601 does not have, is refused, and so are small letters.
    """
    return _on_calendar(_RFC_3339.fullmatch(text))


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


def in_utc(text: str) -> str:
    """A timestamp of RFC 3339 in UTC, as 2.0 returns it (4.2.7); as it came where it is."""
    if text.endswith("Z"):
        return text
    try:
        at = datetime.fromisoformat(plain_timestamp(text))
        if at.tzinfo is None:  # of 1.0.3, which may leave it out
            at = at.replace(tzinfo=UTC)
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, ValueError):  # beyond the calendar's ends
        return text


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


def is_version_of_two(text: str) -> bool:
    """A version that a statement may have in 2.0, which takes those of 1.0 too (4.2.4.3)."""
    return _VERSION_OF_TWO.fullmatch(text) is not None
