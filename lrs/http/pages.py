"""What the LRS says of itself to programs: About and health."""

from collections.abc import Iterable

from starlette.responses import JSONResponse, Response

from lrs.http.request import Request
from serving.health import told
from serving.progress import Problem
from xapi.versions import SPOKEN


async def about(request: Request) -> Response:
    """The About Resource (Part Three 2.8): open to all, whatever version they ask with."""
    return JSONResponse({"version": list(SPOKEN)})


def health(problems: Iterable[Problem | None], **parts: bool) -> Response:
    """200 where every part answers and nothing stands still, else 503 with what, and since when."""
    said = told(problems, whole=False)
    well = all(parts.values()) and not said
    return JSONResponse({"ok": well, **parts, "problems": said}, 200 if well else 503)
