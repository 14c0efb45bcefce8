"""Sessions (`session_id`): one request at a time, and a connection of its own once it has state.

clickhouse-connect names a session in every request; most never change anything. Only SET, USE and
temporary tables give a session a connection that is kept for it.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from headwater.embedded.warehouse.errors import EngineError
from headwater.embedded.warehouse.request import Parameters


@dataclass(slots=True)
class Session:
    """A client's session."""

    busy: bool = False
    until: float = 0.0
    connection: Any = None


class Sessions:
    """The sessions that are open; used from the event loop alone."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Session] = {}

    @asynccontextmanager
    async def using(self, user: str, parameters: Parameters) -> AsyncIterator[Session | None]:
        """The session a request names, for its length.

        Raises EngineError (373) while another request uses it, (372) where it must exist and does
        not.
        """
        if not parameters.session:
            yield None
            return
        self._expire()
        key = (user, parameters.session)
        session = self._open.get(key)
        if session is None:
            if parameters.session_check:
                message = f"Session {parameters.session} not found"
                raise EngineError(372, "SESSION_NOT_FOUND", message)
            session = self._open[key] = Session()
        if session.busy:
            message = f"Session {parameters.session} is locked by a concurrent client"
            raise EngineError(373, "SESSION_IS_LOCKED", message)
        session.busy = True
        try:
            yield session
        finally:
            session.busy = False
            session.until = time.monotonic() + parameters.session_seconds

    def close(self) -> None:
        """Closes every connection that a session keeps."""
        for session in self._open.values():
            if session.connection is not None:
                session.connection.close()
        self._open.clear()

    def _expire(self) -> None:
        now = time.monotonic()
        over = [key for key, one in self._open.items() if not one.busy and one.until < now]
        for key in over:
            session = self._open.pop(key)
            if session.connection is not None:
                session.connection.close()
