"""What the LRS says of itself to programs: About, health, and metrics."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from lrs.api.call import Call
from xapi.versions import SPOKEN


async def about(call: Call) -> Response:
    """The About Resource (Part Three 2.8): open to all, whatever version they ask with."""
    return JSONResponse({"version": list(SPOKEN)})


def health(**parts: bool) -> Response:
    """200 where every part answers, 503 where one does not."""
    return JSONResponse({"ok": all(parts.values()), **parts}, 200 if all(parts.values()) else 503)


def metrics() -> Response:
    """The counters, as Prometheus reads them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
