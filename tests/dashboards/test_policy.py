"""What a browser is told it may do with the page."""

import re

import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboards.guard import Guard
from dashboards.policy import Policed

PAGE = "<script>a</script><script type='module'>b</script><p>é scripts <scripted></p>" + " " * 999


def client() -> TestClient:
    async def streamed(_: object) -> StreamingResponse:
        return StreamingResponse(iter([PAGE[:40], PAGE[40:]]), media_type="text/html")

    routes = [
        Route("/", lambda _: HTMLResponse(PAGE)),
        Route("/streamed", streamed),
        Route("/text", lambda _: PlainTextResponse(PAGE)),
    ]
    app = Starlette(routes=routes)
    app.add_middleware(GZipMiddleware)
    return TestClient(Policed(Guard(app, None)), base_url="http://127.0.0.1")


def nonce(policy: str) -> str:
    found = re.search(r"script-src 'self' 'nonce-([\w-]{20,})' 'unsafe-eval'", policy)
    assert found, policy
    return found[1]


@pytest.mark.parametrize("path", ["/", "/streamed"])
def test_a_pages_scripts_carry_the_nonce_of_its_policy(path: str) -> None:
    answers = [client().get(path) for _ in range(2)]
    nonces = [nonce(answer.headers["content-security-policy"]) for answer in answers]
    assert nonces[0] != nonces[1]
    for answer, own in zip(answers, nonces, strict=True):
        assert answer.text == PAGE.replace("<script>", f'<script nonce="{own}">').replace(
            "<script type", f'<script nonce="{own}" type'
        )


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/text", 200), ("/nothing", 404)])
def test_every_answer_is_neither_framed_nor_sniffed(path: str, status: int) -> None:
    answer = client().get(path)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_refusals_carry_it_too() -> None:
    answer = TestClient(client().app, base_url="http://evil.example").get("/")
    assert answer.status_code == 421
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_no_page_is_left_as_it_is() -> None:
    assert client().get("/text").text == PAGE
