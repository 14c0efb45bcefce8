"""The Activities Resource: `/xapi/activities`, an Activity with all that statements said of it.

xAPI 1.0.3 Part Three 2.5; xAPI 2.0 4.1.6.4. An Activity that nobody defined is answered as well.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
import orjson
from starlette.responses import Response

from lrs.access.credentials import Principal
from lrs.access.scopes import Scope, defines
from lrs.documents import parameters as document_parameters
from lrs.errors import Unavailable
from lrs.http.request import Request
from lrs.log.tail import Accepted
from lrs.statements import parameters
from lrs.statements.reader import Definition, Reader
from xapi.returned import merged

PATH = "/xapi/activities"
SECTION = "Part Three 2.5"
#: How long the recorder may take for what the same credential wrote before.
SETTLE_SECONDS = 10.0


class Activities:
    """The resource's method."""

    def __init__(self, reader: Reader, accepted: Accepted) -> None:
        self._reader = reader
        self._accepted = accepted

    async def get(self, request: Request, principal: Principal) -> Response:
        """The Activity with its canonical definition, after what the same credential wrote."""
        principal.check(Scope.STATEMENTS_READ_MINE, Scope.STATE, Scope.PROFILE, reading=True)
        given = parameters.known(request.query_params, ("activityId",), SECTION)
        identifier = document_parameters.activity_id(given, SECTION)
        await settled(self._accepted, principal)
        found = await self._reader.definitions([identifier])
        definition = canonical_definition(found.get(identifier, ()))
        activity: dict[str, Any] = {"objectType": "Activity", "id": identifier}
        if definition:
            activity["definition"] = definition
        return Response(msgspec.json.encode(activity), media_type="application/json")


def canonical_definition(found: Iterable[Definition]) -> dict[str, Any]:
    """What those who may define said of an Activity, put together (Part Two 2.4.4.1)."""
    return merged(orjson.loads(each.raw) for each in found if defines(each.source))


async def settled(accepted: Accepted, principal: Principal) -> None:
    """Waits until what a credential wrote here can be read; Unavailable where that takes long."""
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            await accepted.settled(principal.source)
    except TimeoutError as error:
        message = "what you wrote before is not in the warehouse yet; try again"
        raise Unavailable(message) from error
