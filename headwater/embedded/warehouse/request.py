"""A request's parameters: what the server uses, the statement's own, the engine's settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from headwater.embedded.warehouse.errors import EngineError

#: Parameters of the interface itself, as ClickHouse reserves them; everything else is a setting.
RESERVED = frozenset(
    {
        "buffer_size",
        "client_protocol_version",
        "close_session",
        "compress",
        "database",
        "decompress",
        "default_format",
        "http_response_headers",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "session_check",
        "session_id",
        "session_timeout",
        "stacktrace",
        "user",
        "wait_end_of_query",
    }
)
#: Settings that this server carries out itself.
OWN = frozenset(
    {
        "add_http_cors_header",
        "cancel_http_readonly_queries_on_client_close",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "http_native_compression_disable_checksumming_on_decompress",
        "http_wait_end_of_query",
        "http_write_exception_in_output_format",
        "http_zlib_compression_level",
        "network_compression_method",
        "network_zstd_compression_level",
        "send_progress_in_http_headers",
    }
)
#: What a parameter that is on says.
TRUE = ("1", "true")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(rb'name="([^"]*)"')
_WORD = re.compile(r"[A-Za-z0-9_]+")
_FILE = re.compile(rb'filename="([^"]*)"')


@dataclass(frozen=True, slots=True)
class External:
    """A temporary table sent with a query, as a file of a form.

    `structure` is what the client calls it. It is never a part of a statement: the engine reads it
    as a value (`null({structure:String})`) and makes the columns of what it understood.
    """

    name: str
    structure: str
    format: str
    data: bytes


@dataclass(slots=True)
class Parameters:
    """What a request asks for, apart from its body."""

    query: str = ""
    database: str = ""
    default_format: str = ""
    query_id: str = ""
    session: str = ""
    session_check: bool = False
    session_seconds: float = 60.0
    wait: bool = False
    compress: bool = False
    decompress: bool = False
    encode: bool = False
    level: int = 3
    protocol: int = 0
    values: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    #: Temporary tables sent with the query.
    external: list["External"] = field(default_factory=list)


def pairs(query_string: bytes) -> dict[str, str]:
    """The parameters in a URL or a form; the last of a name counts."""
    try:
        found = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="surrogateescape"
        )
    except (UnicodeDecodeError, ValueError) as error:
        message = "The request's parameters are not URL encoded"
        raise EngineError(36, "BAD_ARGUMENTS", message) from error
    return dict(_checked(name, value) for name, value in found)


def _checked(name: str, value: str) -> tuple[str, str]:
    """A parameter; only a statement may hold bytes that are not UTF-8 (as surrogates)."""
    if not (value.isascii() and name.isascii()) and name != "query":
        try:
            (name + value).encode()
        except UnicodeEncodeError as error:
            shown = name.encode("utf-8", "replace").decode()
            message = f"The parameter {shown} is not UTF-8"
            raise EngineError(36, "BAD_ARGUMENTS", message) from error
    return name, value


def read(given: Mapping[str, str], headers: Mapping[bytes, bytes]) -> Parameters:
    """Sorts a request's parameters; raises EngineError (36) for one that makes no sense."""
    found = Parameters(
        query=given.get("query", ""),
        database=given.get("database", "") or _header(headers, b"x-clickhouse-database"),
        default_format=given.get("default_format", "") or _header(headers, b"x-clickhouse-format"),
        query_id=given.get("query_id", "") or _header(headers, b"x-clickhouse-query-id"),
        session=given.get("session_id", ""),
        session_check=given.get("session_check", "") in TRUE,
        wait=given.get("wait_end_of_query", given.get("http_wait_end_of_query", "")) in TRUE,
        compress=given.get("compress", "") in TRUE,
        decompress=given.get("decompress", "") in TRUE,
        encode=given.get("enable_http_compression", "") in TRUE,
        level=_number(given, "http_zlib_compression_level", 3),
        protocol=_number(given, "client_protocol_version", 0),
        session_seconds=_number(given, "session_timeout", 60),
    )
    if _CONTROL.search(found.query_id):
        message = f"The parameter query_id has a control character: {found.query_id!r}"
        raise EngineError(36, "BAD_ARGUMENTS", message)
    if not 0 <= found.level <= 9:
        found.level = 3
    if not 0 < found.session_seconds <= 3600:
        message = f"Session timeout '{found.session_seconds}' is not between 1 and 3600"
        raise EngineError(374, "INVALID_SESSION_TIMEOUT", message)
    for name, value in given.items():
        if name.startswith("param_"):
            found.values[_parameter(name.removeprefix("param_"))] = value
        elif name not in RESERVED and name not in OWN:
            found.settings[name] = value
    return found


def _header(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("utf-8", "replace")


def _number(given: Mapping[str, str], name: str, otherwise: int) -> int:
    text = given.get(name, "")
    try:
        return int(text) if text else otherwise
    except ValueError as error:
        message = f"The parameter {name} is not a number: {text!r}"
        raise EngineError(36, "BAD_ARGUMENTS", message) from error


def _parameter(name: str) -> str:
    if not _WORD.fullmatch(name):
        message = f"The parameter param_{name!r} is not named by letters, digits and _"
        raise EngineError(36, "BAD_ARGUMENTS", message)
    return name


def form(body: bytes, content_type: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields and the files of a multipart form."""
    boundary = content_type.partition(b"boundary=")[2].partition(b";")[0].strip().strip(b'"')
    if not boundary:
        raise EngineError(36, "BAD_ARGUMENTS", "The form has no boundary")
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise EngineError(36, "BAD_ARGUMENTS", "The form does not end with its boundary")
    for part in parts[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            raise EngineError(36, "BAD_ARGUMENTS", "A part of the form has no name")
        key = name[1].decode("utf-8", "replace")
        if _FILE.search(head):
            files[key] = content
        else:
            named, value = _checked(key, content.decode("utf-8", "surrogateescape"))
            fields[named] = value
    return fields, files


def external(files: Mapping[str, bytes], parameters: Parameters) -> list[External]:
    """The temporary tables among a form's files; takes what describes them from the settings."""
    found = []
    for name, data in files.items():
        if not _WORD.fullmatch(name):
            message = f"The external table {name!r} is not named by letters, digits and _"
            raise EngineError(36, "BAD_ARGUMENTS", message)
        told = {
            last: parameters.settings.pop(f"{name}_{last}", "")
            for last in ("structure", "types", "format")
        }
        structure = told["structure"] or ", ".join(
            f"_{place} {kind}" for place, kind in enumerate(told["types"].split(","), 1) if kind
        )
        if not structure:
            message = (
                f"Neither structure nor types have not been provided for external table {name}"
            )
            raise EngineError(36, "BAD_ARGUMENTS", message)
        found.append(External(name, structure, told["format"] or "TabSeparated", data))
    return found
