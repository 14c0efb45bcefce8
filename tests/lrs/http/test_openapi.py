"""The OpenAPI document is true: it names every route, and a running LRS does what it says."""

import json
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from lrs.http import openapi
from tests.lrs.process import HEADERS, Server

pytestmark = pytest.mark.integration

EXAMPLES = 25
HELD = (
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
)


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator]
def _as_it_is(context: Any, value: Any) -> bytes:
    """Lines are text already."""
    return str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def document(running: Server) -> dict[str, Any]:
    """The document as it is served."""
    status, found = running.ask("GET", "/openapi.json")
    assert status == 200
    said: dict[str, Any] = found
    return said


def test_what_is_declared_is_what_is_routed(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == set(openapi.OPERATIONS)
    for path, methods in openapi.OPERATIONS.items():
        heads = ["HEAD"] if "GET" in methods else []
        assert {each.upper() for each in document["paths"][path]} == {*methods, *heads}


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    """Every schema is one, every reference leads somewhere, every operation has its own name."""
    text = json.dumps(document)
    assert document["openapi"].startswith("3.1")
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert f"/schemas/{name}" in text, name
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


def declared() -> list[tuple[str, str, str]]:
    return [
        (path, method, each["name"])
        for path, methods in openapi.OPERATIONS.items()
        for method, operation in methods.items()
        for each in operation["parameters"]
        if each["in"] == "query"
    ]


@pytest.mark.parametrize(("path", "method", "name"), declared())
def test_every_parameter_that_is_declared_is_known(
    running: Server, path: str, method: str, name: str
) -> None:
    _, said = running.ask(method, f"{path}?{name}=x")
    if isinstance(said, dict) and "error" in said:
        assert "not known here" not in said["error"]["message"]
    status, said = running.ask(method, f"{path}?{name}X=x")
    assert status == 400
    assert said["error"]["path"] == f"?{name}X"


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method) for path, methods in openapi.OPERATIONS.items() for method in methods],
)
def test_whatever_the_document_allows_is_answered_as_it_says(
    running: Server, document: dict[str, Any], path: str, method: str
) -> None:
    """Requests made of the document, right ones and wrong ones; none is the server's fault."""
    operation = schemathesis.openapi.from_dict(document)[path][method]
    base = f"http://127.0.0.1:{running.port}"
    login = {"Authorization": HEADERS["Authorization"]}

    @given(data=st.data())
    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answered(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from(list(schemathesis.GenerationMode)))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        asked = case.as_transport_kwargs(base_url=base, headers=login)
        if isinstance(asked.get("data"), str | bytes):
            asked["content"] = asked.pop("data")
        asked["headers"] = {name: value.encode() for name, value in asked["headers"].items()}
        case.validate_response(client.request(**asked), checks=HELD)

    with httpx.Client(trust_env=False, timeout=30) as client:
        answered()
