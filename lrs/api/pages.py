"""What the LRS says of itself: a page for people, About, health, and metrics."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from lrs.api.call import Call
from xapi.versions import SPOKEN

WELCOME = """Headwater: a Learning Record Store for xAPI 1.0.3.

  POST {base}xapi/statements   one statement or an array; 200 once Kafka has it
  PUT  {base}xapi/statements?statementId=<uuid>
  GET  {base}xapi/statements   ?statementId= or ?since= &until= &limit= &ascending=
  GET  {base}xapi/about        versions
  GET  {base}healthz           whether it can do its work
  GET  {base}metrics           for Prometheus

Try it (user and password are those of HEADWATER_LRS_CREDENTIALS):

  curl {base}xapi/statements -u user:password \\
    -H 'X-Experience-API-Version: 1.0.3' -H 'Content-Type: application/json' \\
    -d '{{"actor": {{"mbox": "mailto:ada@example.org"}},
         "verb": {{"id": "http://adlnet.gov/expapi/verbs/experienced"}},
         "object": {{"id": "http://example.org/a-page"}}}}'
"""


async def welcome(call: Call) -> Response:
    """What this is, and a curl that works."""
    return PlainTextResponse(WELCOME.format(base=call.base_url))


async def about(call: Call) -> Response:
    """The About Resource (Part Three 2.8): open to all, whatever version they ask with."""
    return JSONResponse({"version": list(SPOKEN)})


def health(**parts: bool) -> Response:
    """200 where every part answers, 503 where one does not."""
    return JSONResponse({"ok": all(parts.values()), **parts}, 200 if all(parts.values()) else 503)


def metrics() -> Response:
    """The counters, as Prometheus reads them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
