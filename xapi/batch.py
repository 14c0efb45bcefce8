"""One request's statements: divided, held to the data rules, and stamped, without rewriting them.

The bytes a client sent are the bytes that are kept. A batch is decoded once into typed shapes to be
checked, and divided into slices of the request's own bytes; what the LRS must set (`id`,
`authority`, `version`) is spliced in after a statement's opening brace. Only a statement that
brings its own `authority` or `stored`, or a time in an unusual form, is put together anew, its
other values verbatim.

JSON that two readers would understand differently is refused: duplicate keys (one reader takes the
first, another the last), lone surrogates, numbers beyond a double, deep nesting.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, TypeVar
from uuid import UUID, uuid4

import msgspec
from msgspec import UNSET, Raw, UnsetType

from xapi import synthetic
from xapi.errors import MalformedJson, StatementError, XapiError
from xapi.formats import is_plain_timestamp, plain_timestamp
from xapi.identity import canonical
from xapi.shapes import Attachment, Statement, surely_valid
from xapi.statement import depth_and_numbers, validate
from xapi.versions import ONE, TWO, Rules

#: Set where a statement has no version (Part Two 2.4.10; 2.0, 4.2.4.3).
VERSIONS: Mapping[Rules, str] = {ONE: "1.0.0", TWO: "2.0.0"}

#: Mends known faults of a statement in place; what it did, empty where nothing.
Repairing = Callable[[Any], Sequence[str]]

_T = TypeVar("_T")

_ENCODING = "Part Three 1.4"
_JSON = "Part Two 2.2"

_one = msgspec.json.Decoder(Statement)
_several = msgspec.json.Decoder(list[Statement])
_divided = msgspec.json.Decoder(list[Raw])
_members = msgspec.json.Decoder(dict[str, Raw])
_encoder = msgspec.json.Encoder()
#: What the fast half leaves alone: a colon in disguise (see `_no_duplicates`), and NUL, which no
#: name may hold.
_ESCAPES = (b"\\u003a", b"\\u003A", b"\\u0000")
_BLANKS = b" \t\r\n"
#: What some editors and libraries put before a text.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: The digits of the largest double, and a sign.
_LONGEST_INTEGER = 310


class _Inner(msgspec.Struct):
    """What of an object may need a look: a SubStatement's attachments."""

    attachments: list[Attachment] | UnsetType = UNSET


class _Envelope(msgspec.Struct):
    """What stamping needs of a statement that the precise rules accepted."""

    actor: dict[str, Any]
    id: str | UnsetType = UNSET
    stored: Any | UnsetType = UNSET
    authority: Any | UnsetType = UNSET
    version: str | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET
    object: _Inner | UnsetType = UNSET

    @property
    def needs_rewriting(self) -> bool:
        """Whether more must change than can be spliced in."""
        unusual = self.timestamp is not UNSET and not is_plain_timestamp(self.timestamp)
        return unusual or self.authority is not UNSET or self.stored is not UNSET


_enveloped = msgspec.json.Decoder(_Envelope)
_Arrived = Statement | _Envelope


@dataclass(frozen=True, slots=True)
class Batch:
    """The statements of one request, accepted and stamped.

    `lines` are their bytes without a raw newline, `ids` theirs in the same order, `given` the
    places of those whose id the client chose (only these can clash with an earlier statement),
    `actor` the canonical identifier of the first one's actor, `single` whether the request was a
    statement by itself rather than an array.
    """

    lines: list[bytes]
    ids: list[UUID]
    given: list[int]
    actor: str
    single: bool


class Stamp:
    """What is set on every statement of a sender: its authority, and the rest where missing."""

    def __init__(self, authority: Mapping[str, Any]) -> None:
        self._authority = Raw(_encoder.encode(authority))
        self._versioned = b'{"authority":%b,' % bytes(self._authority)
        self._plain = {
            rules: b'%b"version":"%b",' % (self._versioned, version.encode())
            for rules, version in VERSIONS.items()
        }

    def line(self, raw: bytes, statement: _Arrived, identifier: UUID, rules: Rules = ONE) -> bytes:
        """A statement's bytes, stamped, on one line; `raw` starts with its opening brace."""
        if statement.needs_rewriting:
            line = self._anew(raw, identifier, rules)
        else:
            head = self._plain[rules] if statement.version is UNSET else self._versioned
            if statement.id is UNSET:
                head += b'"id":"%b",' % str(identifier).encode()
            line = head + raw[1:]
        return line.replace(b"\n", b" ") if b"\n" in line else line

    def _anew(self, raw: bytes, identifier: UUID, rules: Rules) -> bytes:
        members = _members.decode(raw)
        members.pop("stored", None)
        if "timestamp" in members:
            at = msgspec.json.decode(members["timestamp"], type=str)
            if not is_plain_timestamp(at):
                members["timestamp"] = Raw(_encoder.encode(plain_timestamp(at)))
        members.setdefault("version", Raw(_encoder.encode(VERSIONS[rules])))
        members.setdefault("id", Raw(_encoder.encode(str(identifier))))
        members["authority"] = self._authority
        return _encoder.encode(members)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the statements of a request are read, and what is set on them.

    `files` are the SHA-2s of the attachments that came with them, `rules` those of the version that
    the request follows. `repair` mends known faults of what breaks a rule, in place, and says
    which. With `real`, what a demo invented is refused.
    """

    stamp: Stamp
    new_id: Callable[[], UUID] = uuid4
    files: Collection[str] = ()
    rules: Rules = ONE
    repair: Repairing | None = None
    real: bool = False


def read(body: bytes, reading: Reading) -> Batch:
    """The statements of a request's body: one object, or an array of them.

    Raises MalformedJson or StatementError for the first statement that breaks a rule, with the
    others of a batch; then nothing is accepted.
    """
    return judged(body, reading).sound


class Fault(NamedTuple):
    """A statement of a request that breaks a rule: its place, its bytes, and the error."""

    place: int
    raw: bytes
    error: XapiError


class Judged(NamedTuple):
    """What of a request keeps the rules, and what does not."""

    batch: Batch
    faults: list[Fault]

    @property
    def sound(self) -> Batch:
        """The batch; raises its first fault, with the others of an array, where there is any."""
        if self.faults:
            first, *others = (fault.error for fault in self.faults)
            first.others = None if self.batch.single else others
            raise first
        return self.batch


def judged(body: bytes, reading: Reading) -> Judged:
    """The same, where a statement that breaks a rule costs no other: those come beside the batch.

    Raises what concerns the body as a whole.
    """
    body = body.removeprefix(BYTE_ORDER_MARK)  # a reader may pass over it (RFC 8259, 8.1)
    start = body.lstrip(_BLANKS)[:1]
    if not start:
        _malformed("$", "there is no body; send a statement or an array of statements", _JSON)
    single = start != b"["
    raws = [body] if single else _divide(body)
    statements, faults = _checked(body, raws, single, reading)
    faults |= _duplicates(statements)
    faults |= _without_files(statements, single, reading.files)
    faulty = [Fault(place, raws[place], faults[place]) for place in sorted(faults)]
    if faults:
        raws = [raw for place, raw in enumerate(raws) if place not in faults]
        statements = [each for place, each in enumerate(statements) if place not in faults]
    sound = [each for each in statements if each is not None]
    ids, given = _ids(sound, reading.new_id)
    lines = [
        reading.stamp.line(raw.strip(_BLANKS), statement, identifier, reading.rules)
        for raw, statement, identifier in zip(raws, sound, ids, strict=True)
    ]
    if reading.real:
        synthetic.refuse(lines, single=single)
    return Judged(Batch(lines, ids, given, _key(sound), single), faulty)


def _divide(body: bytes) -> list[bytes]:
    try:
        return list(map(bytes, _divided.decode(body)))
    except (ValueError, RecursionError) as error:
        _check_json(body)
        raise MalformedJson("$", f"the body is not valid JSON: {error}", _JSON) from error


def _checked(
    body: bytes, raws: list[bytes], single: bool, reading: Reading
) -> tuple[Sequence[_Arrived | None], dict[int, XapiError]]:
    """The statements decoded, all at once; one by one where not all are surely valid.

    Those that break a rule are None, and their errors come beside. A repaired one's text is in
    `raws` afterwards.
    """
    if not single:
        whole = _surely(body, _several, reading.rules)
        if whole is not None:
            return whole, {}
    found: list[_Arrived | None] = []
    faults: dict[int, XapiError] = {}
    for place, raw in enumerate(raws):
        path = "$" if single else f"$[{place}]"
        try:
            found.append(_arrived(raw, path, reading.rules))
        except XapiError as error:
            mended = _mended(raw, path, reading)
            if mended is None:
                found.append(None)
                faults[place] = error
            else:
                raws[place], statement = mended
                found.append(statement)
    return found, faults


def _mended(raw: bytes, path: str, reading: Reading) -> tuple[bytes, _Arrived] | None:
    """A statement's text without its known faults, and decoded; None where that is not enough."""
    if reading.repair is None:
        return None
    try:
        said = _check_json(raw, path)
        if not reading.repair(said):
            return None
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        return text, _arrived(text, path, reading.rules)
    except XapiError:
        return None


def _arrived(raw: bytes, path: str, rules: Rules) -> _Arrived:
    sure = _surely(raw, _one, rules)
    if sure is not None:
        return sure
    validate(_check_json(raw, path), path, rules)
    return _enveloped.decode(raw)


def _surely(body: bytes, decoder: msgspec.json.Decoder[_T], rules: Rules) -> _T | None:
    """What a body holds where it surely keeps every rule; None where that takes a closer look."""
    if b"\\" in body and any(escape in body for escape in _ESCAPES):
        return None
    try:
        decoded = decoder.decode(body)
    except (ValueError, RecursionError):  # msgspec's and Unicode's errors are ValueErrors
        return None
    statements: list[Any] = decoded if isinstance(decoded, list) else [decoded]
    sure = all(surely_valid(each, rules) for each in statements) and _no_duplicates(body, decoded)
    return decoded if sure else None


def _no_duplicates(body: bytes, decoded: object) -> bool:
    """Whether no object has a key twice.

    Decoding keeps one of two equal keys, so what is encoded again has fewer colons than what came.
    Colons inside strings count alike on both sides, since none is escaped (`_ESCAPES`).
    """
    return _encoder.encode(decoded).count(b":") == body.count(b":")


def _key(statements: Sequence[_Arrived]) -> str:
    if not statements:
        return ""
    actor = statements[0].actor
    return canonical(actor if isinstance(actor, dict) else msgspec.to_builtins(actor))


def _ids(
    statements: Sequence[_Arrived], new_id: Callable[[], UUID]
) -> tuple[list[UUID], list[int]]:
    ids: list[UUID] = []
    given: list[int] = []
    for place, statement in enumerate(statements):
        if statement.id is UNSET:
            ids.append(new_id())
        else:
            ids.append(UUID(statement.id))
            given.append(place)
    return ids, given


def _duplicates(statements: Sequence[_Arrived | None]) -> dict[int, XapiError]:
    """Statements whose id an earlier one of the batch has."""
    given = [each.id.lower() for each in statements if each and each.id is not UNSET]
    if len(set(given)) == len(given):
        return {}
    first: dict[UUID, int] = {}
    faults: dict[int, XapiError] = {}
    for place, statement in enumerate(statements):
        if statement is None or statement.id is UNSET:
            continue
        before = first.setdefault(UUID(statement.id), place)
        if before != place:
            rule = f"is also the id of $[{before}]; the ids of a batch must differ"
            faults[place] = StatementError(f"$[{place}].id", rule, "Part Three 2.1.2")
    return faults


def _without_files(
    statements: Sequence[_Arrived | None], single: bool, files: Collection[str]
) -> dict[int, XapiError]:
    """Statements with an attachment that did not come along and cannot be fetched elsewhere.

    Raises StatementError where a file came that is nobody's.
    """
    if not files and not any(map(_may_attach, statements)):
        return {}
    surplus = set(files)
    faults: dict[int, XapiError] = {}
    for place, statement in enumerate(statements):
        if statement is None:
            continue
        whole = "$" if single else f"$[{place}]"
        for path, number, attachment in _attached(statement, whole):
            sha2 = attachment.sha2.lower()
            surplus.discard(sha2)
            if attachment.fileUrl is UNSET and sha2 not in files:
                rule = "has no fileUrl, and no file with its sha2 came with the request"
                at = f"{path}.attachments[{number}]"
                faults.setdefault(place, StatementError(at, rule, "Part Three 1.5.2"))
    if surplus and not any(statement is None for statement in statements):
        rule = f"a file came that no attachment has the sha2 of: {min(surplus)}"
        raise StatementError("$", rule, "Part Three 1.5.2")
    return faults


def _may_attach(statement: _Arrived | None) -> bool:
    """Whether a statement has attachments, or a SubStatement that may have some."""
    return type(statement) is not Statement or statement.attachments is not UNSET


def _attached(statement: _Arrived, path: str) -> Iterator[tuple[str, int, Attachment]]:
    if statement.attachments is not UNSET:
        for number, attachment in enumerate(statement.attachments):
            yield path, number, attachment
    inner = statement.object if isinstance(statement, _Envelope) else UNSET
    if inner is not UNSET and inner.attachments is not UNSET:
        for number, attachment in enumerate(inner.attachments):
            yield f"{path}.object", number, attachment


# JSON, precisely


def _check_json(body: bytes, path: str = "$") -> Any:
    """The value of JSON that every reader reads alike; MalformedJson with the reason otherwise."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        _malformed(path, f"the byte at {error.start} is not valid UTF-8", _ENCODING)
    try:
        value = _strict.decode(text.strip(" \t\r\n"))
    except RecursionError:
        _malformed(path, "the JSON is nested too deeply", _JSON)
    except _Duplicate as error:
        _malformed(path, f'an object has the property "{error}" more than once', _JSON)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        _malformed(path, f"the body is not valid JSON: {error.msg} ({where})", _JSON)
    except ValueError as error:
        _malformed(path, f"the body is not valid JSON: {error}", _JSON)
    if "\\u" in text:
        _no_lone_surrogates(value, path)
    depth_and_numbers(value, path)
    return value


class _Duplicate(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Duplicate(next(name for name in names if names.count(name) > 1))
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise ValueError(f"a number has {len(digits)} digits, more than a double holds")
    return int(digits)


_strict = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer
)


def _no_lone_surrogates(value: Any, path: str) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        _malformed(path, "a string holds half of a surrogate pair, which is no text", _ENCODING)
    except RecursionError:
        _malformed(path, "the JSON is nested too deeply", _JSON)


def _malformed(path: str, rule: str, section: str) -> NoReturn:
    raise MalformedJson(path, rule, section)
