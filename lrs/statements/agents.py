"""The Agents Resource: `/xapi/agents`, the Person of an Agent.

xAPI 1.0.3 Part Three 2.4; xAPI 2.0 4.1.6.3. Who has no statements is a Person too.
"""

import msgspec
from starlette.responses import Response

from lrs.access.credentials import Principal
from lrs.access.scopes import Scope
from lrs.documents import parameters as document_parameters
from lrs.http.request import Request
from lrs.log.tail import Accepted
from lrs.statements import parameters
from lrs.statements.activities import settled
from lrs.statements.reader import Reader
from xapi.identity import canonical
from xapi.person import person

PATH = "/xapi/agents"
SECTION = "Part Three 2.4"


class Agents:
    """The resource's method."""

    def __init__(self, reader: Reader, accepted: Accepted) -> None:
        self._reader = reader
        self._accepted = accepted

    async def get(self, request: Request, principal: Principal) -> Response:
        """The Person with the names that statements gave, after what the same credential wrote."""
        principal.check(Scope.STATEMENTS_READ, Scope.PROFILE, reading=True)
        given = parameters.known(request.query_params, ("agent",), SECTION)
        agent = document_parameters.agent(given, SECTION)
        await settled(self._accepted, principal)
        found = person(agent, await self._reader.names(canonical(agent)))
        return Response(msgspec.json.encode(found), media_type="application/json")
