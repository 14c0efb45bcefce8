"""The Agents Resource: `/xapi/agents`, the Person of an Agent.

xAPI 1.0.3 Part Three 2.4; xAPI 2.0 4.1.6.3. Who has no statements is a Person too.
"""

import msgspec
from starlette.responses import Response

from lrs.api import document_parameters, parameters
from lrs.api.activities import settled
from lrs.api.call import Call
from lrs.api.credentials import Sender
from lrs.api.log import Accepted
from lrs.api.reader import Reader
from lrs.api.scopes import Scope
from xapi.identity import canonical
from xapi.person import person

PATH = "/xapi/agents"
SECTION = "Part Three 2.4"


class Agents:
    """The resource's method."""

    def __init__(self, reader: Reader, accepted: Accepted) -> None:
        self._reader = reader
        self._accepted = accepted

    async def get(self, call: Call, sender: Sender) -> Response:
        """The Person with the names that statements gave, after what the same credential wrote."""
        sender.check(Scope.STATEMENTS_READ, Scope.PROFILE, reading=True)
        given = parameters.known(call.query_params, ("agent",), SECTION)
        agent = document_parameters.agent(given, SECTION)
        await settled(self._accepted, sender)
        found = person(agent, await self._reader.names(canonical(agent)))
        return Response(msgspec.json.encode(found), media_type="application/json")
