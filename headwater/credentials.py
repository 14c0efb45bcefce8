"""The credentials of a running LRS, as the command line reads and writes them on Kafka."""

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx
import msgspec
from kafka import TopicPartition
from kafka.errors import KafkaError

from bus import clients
from bus.declaration import ensure_topics
from bus.errors import BrokerUnavailable
from bus.publisher import Publisher
from bus.topics import CREDENTIALS
from headwater.embedded.kafka import listening
from headwater.errors import StackError
from lrs.access.credential_records import NAME, Credential, decode, encode
from lrs.access.scopes import expanded
from xapi.errors import XapiError
from xapi.statement import validate

#: How long a command waits for the LRS to know what it wrote.
KNOWN_SECONDS = 10.0

_ANY_STATEMENT = {
    "actor": {"mbox": "mailto:nobody@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
    "object": {"id": "http://example.org/"},
}
_PARTITION = TopicPartition(CREDENTIALS.name, 0)


class Topic:
    """The topic of credentials on a broker; StackError where that does not answer."""

    def __init__(self, bootstrap: clients.At) -> None:
        self._bootstrap = bootstrap
        if not listening(str(bootstrap)):  # Kafka's own client would try for half a minute
            raise _away(bootstrap, ConnectionError("nobody listens there"))
        try:
            ensure_topics(bootstrap, [CREDENTIALS])
        except (KafkaError, OSError) as error:
            raise _away(bootstrap, error) from error

    def credentials(self) -> dict[str, Credential]:
        """Every credential that was not revoked, by name."""
        latest: dict[bytes, bytes | None] = {}
        try:
            with closing(self._consumer()) as consumer:
                consumer.assign([_PARTITION])
                consumer.seek_to_beginning(_PARTITION)
                end = consumer.end_offsets([_PARTITION])[_PARTITION]
                while consumer.position(_PARTITION) < end:
                    for record in consumer.poll(1000).get(_PARTITION, ()):
                        latest[record.key] = record.value
        except (KafkaError, OSError) as error:
            raise _away(self._bootstrap, error) from error
        read = (decode(value) for value in latest.values() if value)
        return {credential.name: credential for credential in read}

    def write(self, name: str, credential: Credential | None) -> int:
        """Writes a credential, or that it is revoked; the topic's end once that is durable."""
        value = encode(credential) if credential else None
        try:
            with Publisher(self._bootstrap) as publisher:
                publisher.publish(CREDENTIALS.name, name.encode(), value).result()
            with closing(self._consumer()) as consumer:
                return int(consumer.end_offsets([_PARTITION])[_PARTITION])
        except (BrokerUnavailable, KafkaError, OSError) as error:
            raise _away(self._bootstrap, error) from error

    def _consumer(self) -> Any:
        return clients.blocking_consumer(
            self._bootstrap,
            client_id="headwater-credentials",
            group_id=None,
            enable_auto_commit=False,
        )


def checked(credential: Credential) -> Credential:
    """A credential whose name, scopes, authority and rate an LRS understands; StackError else."""
    problem = _problem(credential)
    if problem:
        raise StackError(problem)
    return credential


def _problem(credential: Credential) -> str:
    if not NAME.fullmatch(credential.name):
        return f"{credential.name!r} is not a name: 1 to 64 letters, digits and . _ @ + -"
    if not credential.scopes:
        return "a credential without a scope could do nothing: give --scope"
    if credential.authority.get("objectType", "Agent") != "Agent":
        return "the authority of a credential is an Agent"
    try:
        validate({**_ANY_STATEMENT, "authority": credential.authority})
    except XapiError as error:
        return f"the authority is none: {error}"
    try:
        expanded(credential.scopes)
    except ValueError as error:
        return str(error)
    return ""


def authority(text: str, name: str, home_page: str) -> Mapping[str, Any]:
    """The Agent that an option names: JSON, or home page/name; the default is as the LRS's own."""
    if not text:
        return _account(home_page, name)
    if text.startswith("{"):
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StackError(f"--authority is not JSON: {error}") from error
    page, slash, account = text.rpartition("/")
    if not (slash and account and "://" in page):
        raise StackError(
            "--authority is the JSON of an Agent, or a home page and a name as in "
            f"https://lms.example.org/moodle; {text!r} is neither"
        )
    return _account(page, account)


def known_to(url: str, position: int, seconds: float = KNOWN_SECONDS) -> bool:
    """Waits until an LRS has followed the topic to a position; False where it does not answer."""
    deadline = time.monotonic() + seconds
    with httpx.Client(trust_env=False, timeout=2) as client:
        while time.monotonic() < deadline:
            try:
                text = client.get(f"{url}/metrics").text
            except httpx.HTTPError:
                return False
            for line in text.splitlines():
                name, _, value = line.partition(" ")
                if name == "headwater_lrs_credentials_position" and float(value) >= position:
                    return True
            time.sleep(0.01)
    return False


def _account(home_page: str, name: str) -> Mapping[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}


def _away(bootstrap: clients.At, error: Exception) -> StackError:
    return StackError(
        f"Kafka at {bootstrap} does not answer: {_plain(error)}. To fix: see `headwater status`."
    )


def _plain(error: Exception) -> str:
    """What an error says, without the name of its class, which Kafka's client puts before it."""
    return str(error).removeprefix(f"{type(error).__name__}: ") or "it gave no reason"
