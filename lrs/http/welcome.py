"""The page at the LRS's root: what this is, and requests that work, for people and for curl."""

from html import escape

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from lrs.http.public import PublicAddress
from lrs.http.request import Request

_WHAT = "Headwater: a Learning Record Store for xAPI 1.0.3 and 2.0."
_RESOURCES = (
    ("xapi/statements", "statements: POST, PUT, GET"),
    ("xapi/activities/state", "State: PUT, POST, GET, DELETE"),
    ("xapi/activities/profile", "Activity Profile: PUT, POST, GET, DELETE"),
    ("xapi/agents/profile", "Agent Profile: PUT, POST, GET, DELETE"),
    ("xapi/activities", "an activity with its definition"),
    ("xapi/agents", "what is known of an agent"),
    ("xapi/about", "the versions spoken"),
    ("verdicts", "lines of statements in, a verdict for each out: POST"),
    ("openapi.json", "all of this for programs"),
    ("healthz", "whether it can do its work"),
    ("metrics", "for Prometheus"),
)
_LOGIN = (
    "Put in place of NAME:PASSWORD what the table of “headwater up” shows for the LRS, or what "
    "“headwater credentials add” printed."
)
_CURL = """\
curl {base}/xapi/statements -u NAME:PASSWORD \\
  -H 'X-Experience-API-Version: 1.0.3' -H 'Content-Type: application/json' \\
  -d '{{"actor": {{"mbox": "mailto:ada@example.org"}},
       "verb": {{"id": "http://adlnet.gov/expapi/verbs/experienced"}},
       "object": {{"id": "http://example.org/a-page"}}}}'

curl '{base}/xapi/statements?limit=1' -u NAME:PASSWORD \\
  -H 'X-Experience-API-Version: 1.0.3'
"""
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Headwater LRS</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 3rem auto; padding: 0 1rem;
       color: #1c2733; background: #fff }}
pre {{ background: #f2f5f7; padding: 1rem; overflow-x: auto }}
td {{ padding: .1rem 1.5rem .1rem 0; vertical-align: top }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #e4e9ed; background: #14191e }}
  pre {{ background: #1f272e }}
  a {{ color: #7cc4f5 }}
}}
</style>
<h1>{what}</h1>
<p>A tool needs the endpoint <code>{base}/xapi</code> and a user with a password.</p>
<h2>Try it</h2>
<p>{login}</p>
<pre><code>{curl}</code></pre>
<h2>What is here</h2>
<table>
{rows}
</table>
</html>
"""


async def welcome(public: PublicAddress, request: Request) -> Response:
    """What this is, as a page for browsers and as text for the rest."""
    base = public.base(request)
    headers = {"Vary": "Accept"}
    if "text/html" in request.header(b"accept"):
        return HTMLResponse(_page(base), headers=headers)
    return PlainTextResponse(_text(base), headers=headers)


def _text(base: str) -> str:
    width = max(len(path) for path, _ in _RESOURCES) + len(base) + 3
    rows = "\n".join(f"  {f'{base}/{path}':{width}}{text}" for path, text in _RESOURCES)
    return f"{_WHAT}\n\n{rows}\n\nTry it. {_LOGIN}\n\n{_CURL.format(base=base)}"


def _page(base: str) -> str:
    rows = "\n".join(
        f'<tr><td><a href="{escape(f"{base}/{path}")}">/{path}</a><td>{escape(text)}'
        for path, text in _RESOURCES
    )
    curl = escape(_CURL.format(base=base))
    return _PAGE.format(
        what=escape(_WHAT), base=escape(base), login=escape(_LOGIN), curl=curl, rows=rows
    )
