"""Parts that run elsewhere: their addresses as the environment gives them, shaped as stack.json."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bus.clients import Cluster
from headwater.errors import StackError
from headwater.settings import StackSettings


class OutsideSettings(StackSettings):
    """What the environment says of parts that no stack.json describes."""

    #: "user:password", comma separated; the first is used.
    lrs_credentials: SecretStr | None = None
    connections: Path | None = None
    #: The folder of saved views, where it is not the data folder.
    views: Path | None = None


def parts() -> dict[str, Any]:
    """What is known of each part; nothing of those that the environment does not name."""
    settings = OutsideSettings()
    found: dict[str, Any] = {}
    if settings.kafka:
        found["kafka"] = Cluster.of(settings.kafka).described()
    if settings.clickhouse:
        _check_address(settings.clickhouse.get_secret_value())
        found["warehouse_admin"] = {"url": settings.clickhouse.get_secret_value()}
    if settings.lrs_credentials:
        first = settings.lrs_credentials.get_secret_value().partition(",")[0]
        user, colon, password = first.partition(":")
        if not (user and colon and password):
            raise StackError(
                "HEADWATER_LRS_CREDENTIALS does not begin with user:password. To fix: correct it."
            )
        found["lrs"] = {
            "url": _url(settings, "lrs"),
            "username": user,
            "password": password,
        }
    if settings.page_login:
        user, _, password = settings.page_login.get_secret_value().partition(":")
        found["page"] = {"url": _url(settings, "page"), "username": user, "password": password}
    if settings.connections:
        found["hooks"] = {
            "url": _url(settings, "hooks"),
            **_connections(settings.connections),
        }
    return found


def _url(settings: StackSettings, part: str) -> str:
    host, port = settings.address(part)
    return f"http://{host}:{port}"


def _check_address(url: str) -> None:
    from warehouse import Address

    try:
        Address(url)
    except ValueError as error:
        raise StackError(f"HEADWATER_CLICKHOUSE: {error}. To fix: correct it.") from error


def _connections(connections: Path) -> dict[str, dict[str, Any]]:
    from producers.connections import described, load
    from producers.errors import ConnectionsError

    try:
        return described(load(connections))
    except ConnectionsError as error:
        raise StackError(str(error)) from error
