"""What holds for every request: credentials, versions, methods, addresses, and the open pages."""

import base64

import pytest

from lrs.access.credentials import Credentials, divided
from lrs.errors import Unauthorized
from lrs.settings import LrsSettings

STATEMENTS = "/xapi/statements"


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", basic("tool:wrong"), basic("tool"), basic("tool:secret") + "x", "Basic é",
     "Bearer " + base64.b64encode(b"tool:secret").decode(), basic("Tool:secret"), basic(":")],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_without_credentials_nobody_gets_in(ask, publisher, method, header):
    given = header if header is None else header.encode("latin-1")
    response = ask(method, STATEMENTS, headers={"Authorization": given})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic")
    assert publisher.records == []


def test_a_password_may_hold_a_colon_and_a_scheme_any_case(ask):
    for header in (basic("other:pass:word"), basic("tool:secret").replace("Basic", "basic")):
        assert ask("GET", STATEMENTS, headers={"Authorization": header}).status_code == 200


def test_no_secret_is_shown():
    settings = LrsSettings(lrs_credentials="tool:hidden", clickhouse="http://u:hidden@h:1")
    sender = Credentials(["tool:hidden"], "http://x").known(basic("tool:hidden"))
    assert "hidden" not in repr(settings)
    assert "hidden" not in repr(sender)


def test_credentials_without_a_password_are_refused_at_the_start():
    for wrong in ("tool", "tool:", ":x"):
        with pytest.raises(ValueError, match="user:password"):
            Credentials(divided(wrong), "http://x")
    with pytest.raises(Unauthorized):
        Credentials(divided(""), "http://x").principal(basic(":"))


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3", "1.0.7"])
def test_versions_that_start_with_1_0_are_taken_and_echoed(ask, version):
    response = ask("GET", STATEMENTS, headers={"X-Experience-API-Version": version})
    assert response.status_code == 200
    assert response.headers["x-experience-api-version"] == version


@pytest.mark.parametrize("version", [None, "", "0.95", "1.1.0", "2.1.0", "1.0.x", "one"])
def test_other_versions_are_refused(ask, version):
    response = ask("GET", STATEMENTS, headers={"X-Experience-API-Version": version})
    assert response.status_code == 400
    said = response.headers["x-experience-api-version"]
    assert said == ("2.0.0" if version else "0.95")
    assert response.json()["error"]["section"] == "Part Three 3.3"


@pytest.mark.parametrize("headers", [{}, {"Authorization": None, "X-Experience-API-Version": None}])
def test_about_is_open_to_all(ask, headers):
    response = ask("GET", "/xapi/about", headers=headers)
    assert response.status_code == 200
    assert response.json() == {"version": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]}
    assert response.headers["x-experience-api-version"] == ("2.0.0" if headers else "1.0.3")


@pytest.mark.parametrize("path", ["/nothing", "/xapi", "/xapi/statements/1", "/xapi/statementsx"])
def test_elsewhere_there_is_nothing(ask, path):
    assert ask("GET", path).status_code == 404


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE"])
def test_other_methods_are_not_for_it(ask, method):
    response = ask(method, STATEMENTS)
    assert response.status_code == 405
    assert response.headers["allow"] == "HEAD, GET, POST, PUT"


def test_the_front_page_shows_a_curl(ask):
    response = ask("GET", "/", headers={"Authorization": None})
    assert response.headers["content-type"].startswith("text/plain")
    assert "curl http://lrs.test/xapi/statements" in response.text
    browser = {"Authorization": None, "Accept": "text/html,application/xhtml+xml;q=0.9"}
    response = ask("GET", "/", headers=browser)
    assert response.headers["content-type"].startswith("text/html")
    assert "curl http://lrs.test/xapi/statements" in response.text


@pytest.mark.parametrize("host", ["<script>", 'a"onload="x', "a b", "", "$(rm -rf)", "a:port"])
def test_the_front_page_repeats_no_address_that_is_none(ask, host):
    for accept in ("text/html", "*/*"):
        response = ask("GET", "/", headers={"Host": host, "Accept": accept})
        assert not host or host not in response.text
        assert "curl http" in response.text


def test_health_and_metrics_are_open(ask):
    none = {"Authorization": None, "X-Experience-API-Version": None}
    assert ask("GET", "/healthz", headers=none).json()["ok"] is True
    assert "headwater_lrs_statements_total" in ask("GET", "/metrics", headers=none).text
