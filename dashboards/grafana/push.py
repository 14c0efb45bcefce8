"""Puts folder, data source and every board into a running Grafana, again and again alike."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException
from niquests.exceptions import RequestException

from dashboards.boards import boards
from dashboards.errors import PushRefused
from dashboards.grafana.board import FOLDER, FOLDER_UID, model
from dashboards.grafana.files import data_source
from dashboards.grafana.query import PLUGIN, SOURCE_UID
from warehouse import Address
from warehouse.errors import plain

_MISSING, _FORBIDDEN, _UNKNOWN_CALLER = 404, 403, 401


def push(url: str, token: str, warehouse: str, time_zone: str = "") -> list[str]:
    """Create or update them all, and return each board's address.

    `url` is Grafana's, `token` a service account's, `warehouse` the viewer's address as Grafana
    reaches it. Raises PushRefused with what Grafana said and what to do.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PushRefused(f"{url!r} is no address of a Grafana; write http://host:3000")
    # The client joins path and `api` as they are: a Grafana below a path needs its slash.
    grafana: Any = GrafanaApi.from_url(url.rstrip("/") + "/", credential=token, timeout=15)
    _folder(grafana)
    _source(grafana, Address(warehouse))
    return [urljoin(url, _put(grafana, model(board, time_zone))) for board in boards()]


def _put(grafana: Any, board: dict[str, Any]) -> str:
    """Puts a board in its place; the path that it has there, with that of Grafana itself."""
    payload = {
        "dashboard": board,
        "folderUid": FOLDER_UID,
        "overwrite": True,
        "message": "headwater dashboards push",
    }
    answer = _asked("take the board", lambda: grafana.dashboard.update_dashboard(payload))
    return str(answer.get("url", ""))


def _folder(grafana: Any) -> None:
    if not _found("show the folder", lambda: grafana.folder.get_folder(FOLDER_UID)):
        _asked("make the folder", lambda: grafana.folder.create_folder(FOLDER, FOLDER_UID))


def _source(grafana: Any, address: Address) -> None:
    source = data_source(
        address.host, address.port, address.user, address.password, secure=address.secure
    )
    found = _found(
        "show the data source", lambda: grafana.datasource.get_datasource_by_uid(SOURCE_UID)
    )
    if not found:
        _asked("make the data source", lambda: grafana.datasource.create_datasource(source))
        return
    if found.get("type") != PLUGIN:
        raise PushRefused(
            f"Grafana has another data source with the uid {SOURCE_UID}, of the type "
            f"{found.get('type')}. To fix: delete it or give it another uid."
        )
    _asked(
        "update the data source",
        lambda: grafana.datasource.update_datasource_by_uid(SOURCE_UID, source),
    )


def _found(what: str, call: Callable[[], Any]) -> dict[str, Any] | None:
    try:
        return _asked(what, call)
    except PushRefused as refused:
        cause = refused.__cause__
        if isinstance(cause, GrafanaException) and cause.status_code == _MISSING:
            return None
        raise


def _asked(what: str, call: Callable[[], Any]) -> dict[str, Any]:
    try:
        answer = call()
    except GrafanaException as error:
        raise PushRefused(f"Grafana did not {what}: {_why(error)}") from error
    except (RequestException, OSError) as error:
        raise PushRefused(
            f"Grafana does not answer: {plain(str(error))}. To fix: check --url, and that it runs."
        ) from error
    return answer if isinstance(answer, dict) else {}


def _why(error: GrafanaException) -> str:
    if error.status_code == _UNKNOWN_CALLER:
        return "it does not know the token. To fix: make a service account token, and pass --token."
    if error.status_code == _FORBIDDEN:
        return (
            "the token may not. To fix: give its service account the role Admin (data sources "
            "need it)."
        )
    said = f"{error.status_code} {error.message}"
    if isinstance(error, GrafanaClientError) and "plugin" in said.lower():
        return f"{said}. To fix: `grafana cli plugins install {PLUGIN}`, and restart Grafana."
    return said
