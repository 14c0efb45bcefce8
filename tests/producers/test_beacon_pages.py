"""The beacon in a real browser: pages of other origins, as docs/connecting.md has them."""

import html
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
import pytest
from browsing import browser, complaints, soon
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from web import answering

from bus import records
from bus.topics import STATEMENTS
from producers.connectors.beacon import door
from producers.connectors.beacon.acts import Act
from tests.conftest import free_port, stop, wait_http
from tests.topics import held

pytestmark = [pytest.mark.integration, pytest.mark.e2e]

REPOSITORY = Path(__file__).parents[2]
SECRET = b"known to the portal's server and to us"
BLOCK = re.compile(r"^```(html|js)\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: Every name is this machine, so that sites are as strange to each other as outside.
HERE = ("--host-resolver-rules=MAP *.example 127.0.0.1", "--disable-features=HttpsUpgrades")
POLICY = "default-src 'none'; script-src {scripts}; connect-src {hooks}; frame-ancestors 'none'"
#: Of a connection that lets out all that one may.
OPEN = 'texts = true\naddresses = true\nqueries = ["id"]'
OWN = """
document.querySelector("form").addEventListener("submit", event => {
  event.preventDefault();
  headwater("searched", {query: "private valves", found: false}).then(told => {
    document.body.dataset.told = told;
  });
});
document.querySelector("#json").addEventListener("click", () => {
  const script = document.querySelector("script[data-account]").dataset;
  const act = {id: "by-send-beacon", kind: "tried", at: Date.now(), account: "ida",
               token: script.token};
  const body = new Blob([JSON.stringify(act)], {type: "application/json"});
  const address = document.querySelector("script").src.replace(".js", "");
  document.body.dataset.queued = navigator.sendBeacon(address, body);
});
"""


class Sites(NamedTuple):
    """The addresses of the three sites, and Kafka's."""

    portal: str
    hooks: str
    vendor: str
    kafka: str


def snippets() -> dict[str, str]:
    """The blocks of docs/connecting.md's section, by what they are for."""
    page = (REPOSITORY / "docs" / "connecting.md").read_text("utf-8")
    section = page.partition("## Beacon")[2].partition("\n## ")[0]
    found = [text for _, text in BLOCK.findall(section)]
    names = ("page", "search", "profile", "bookmarklet", "noted", "program")
    assert len(found) == len(names)
    return dict(zip(names, found, strict=True))


def shown(text: str, portal: str, hooks: str) -> str:
    """A snippet as the portal's server writes it."""
    signed = door.token("ida", int(time.time()) + 3600, SECRET)
    text = re.sub(r'data-token="[^"]*"', f'data-token="{signed}"', text)
    text = text.replace("https://hooks.example.org", hooks)
    return text.replace("https://portal.example.com", portal)


@pytest.fixture(scope="module")
def sites(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """A portal, a vendor's site with a policy that forbids everything, and a hooks server."""
    folder, port = tmp_path_factory.mktemp("beacon"), free_port()
    hooks = f"http://hooks.headwater.example:{port}"

    class Portal(BaseHTTPRequestHandler):
        """Both sites, told apart by the name by which they are asked."""

        def do_GET(self) -> None:
            host = self.headers["Host"]
            content, kind, scripts = page_of(host, urlsplit(self.path).path, hooks)
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            policy = POLICY.format(
                scripts=scripts or "'none'", hooks=hooks if scripts else "'none'"
            )
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Referrer-Policy", "unsafe-url")  # the worst that a portal may say
            self.send_header("Set-Cookie", "session=of-the-portal; Path=/")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with answering(Portal) as address:
        own = urlsplit(address).port
        portal = f"http://portal.north.example:{own}"
        (folder / "secret").write_bytes(SECRET)
        connections = [
            f'[[connection]]\nname = "{name}"\nconnector = "beacon"\nsecret = "file:secret"\n'
            f'[connection.options]\nsite = "{portal}"\nplatform = "Intranet"\nseconds = 1\n'
            f'origins = ["{portal}"]\n{more}\n'
            for name, more in {"intranet": "", "open": OPEN}.items()
        ]
        (folder / "connections.toml").write_text("".join(connections))
        told = {
            "HEADWATER_KAFKA": kafka,
            "HEADWATER_CONNECTIONS": str(folder / "connections.toml"),
            "HEADWATER_DATA": str(folder),
            "HEADWATER_HOOKS_PORT": str(port),
            "HEADWATER_HOOKS_MINIMUM_FREE": "0",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "headwater", "hooks"], env=os.environ | told, cwd=REPOSITORY
        )
        try:
            wait_http(f"http://127.0.0.1:{port}/healthz", process)
            yield Sites(portal, hooks, f"http://vendor.example:{own}", kafka)
        finally:
            stop(process)


def page_of(host: str, path: str, hooks: str) -> tuple[str, str, str]:
    """A page, its type, and from where it may load scripts."""
    if host.startswith("vendor"):
        return "<!doctype html><title>Manual</title><p>How to prime", "text/html", ""
    if path == "/own.js":
        return OWN, "text/javascript", ""
    texts, portal = snippets(), f"http://{host}"
    link = f'<a href="http://{host.replace("portal.north", "vendor")}/manuals/p7?q=private">P7</a>'
    program = texts["noted"].partition("\n\n")[0].replace(" async", "") + (
        '<form><button id="go">Search</button></form><button id="json">JSON</button>'
        '<script src="/own.js"></script>'
    )
    pages = {
        "/handbook/pumps": texts["page"] + link + '<a href="/search">Search</a>',
        "/search": texts["search"],
        "/people/may": texts["profile"],
        "/noted": texts["noted"],
        "/program": program,
        "/open": texts["search"]
        .replace("intranet.js", "open.js")
        .replace(" async", " data-outside")
        + link,
        "/of-bo": texts["page"].replace('data-account="ida"', 'data-account="bo"'),
        "/of-nobody": texts["page"].replace('data-account="ida"', ""),
    }
    scripts = f"{hooks} 'self'" if path == "/program" else hooks
    body = shown(pages.get(path, ""), portal, hooks)
    title = f"<!doctype html><html lang=en><title>{html.escape(path)}</title>"
    return (title + body if body else ""), "text/html", scripts


@pytest.fixture(scope="module")
def chromium() -> Iterator[WebDriver]:
    with browser(arguments=HERE, cookie_controls_mode=1, block_third_party_cookies=True) as driver:
        yield driver


def told(sites: Sites) -> dict[str, dict[str, Any]]:
    """Every statement that pages made, by its id."""
    found = [
        orjson.loads(line)
        for record in held(sites.kafka, STATEMENTS)
        if records.source(record.headers) == "hook:intranet"
        for line in records.lines(record.value)
    ]
    return {each["id"]: each for each in found}


def said(statement: dict[str, Any]) -> str:
    """A statement in a few words."""
    categories = statement.get("context", {}).get("contextActivities", {}).get("category", [])
    if statement["object"].get("objectType") == "StatementRef":
        return "voided"
    behaviour = categories[0]["id"].rpartition("/")[2] if categories else "none"
    verb = statement["verb"]["display"]["en"]
    return f"{verb} {urlsplit(statement['object']['id']).path} {behaviour}"


class Look:
    """One test's sight of the browser: what it asked of the hooks server, and what came of it."""

    def __init__(self, driver: WebDriver, sites: Sites) -> None:
        self.driver, self.sites = driver, sites
        self.before = told(sites).keys()
        self.sent: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: dict[str, dict[str, str]] = {}
        driver.get("about:blank")
        driver.get_log("performance")
        driver.get_log("browser")

    def open(self, path: str) -> None:
        """Opens a page of the portal."""
        self.driver.get(self.sites.portal + path)

    def press(self, selector: str) -> Any:
        """Presses a thing, and returns it."""
        found = self.driver.find_element(By.CSS_SELECTOR, selector)
        found.click()
        return found

    def sent_by(self, selector: str) -> str:
        """What the page says of an element's act, once it is answered."""
        value: str = soon(
            self.driver,
            lambda: self.driver.find_element(By.CSS_SELECTOR, selector).get_attribute("data-sent"),
        )
        return value

    def acts(self) -> list[str]:
        """What was made of the test's acts."""
        return [said(one) for name, one in told(self.sites).items() if name not in self.before]

    def network(self) -> None:
        """Reads what the browser asked of the hooks server."""
        host, mine = urlsplit(self.sites.hooks).netloc, set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            params, kind = message["params"], message["method"]
            if kind == "Network.requestWillBeSent":
                request = params["request"]
                if urlsplit(request["url"]).netloc == host:
                    mine.add(params["requestId"])
                    self.sent.append(request)
            elif kind == "Network.requestWillBeSentExtraInfo":
                self.headers.setdefault(params["requestId"], {}).update(params["headers"])
            elif kind == "Network.responseReceivedExtraInfo":
                names = {name.lower() for name in params["headers"]}
                assert params["requestId"] not in mine or "set-cookie" not in names
        self.headers = {one: every for one, every in self.headers.items() if one in mine}
        self.bodies = [json.loads(each["postData"]) for each in self.sent if "postData" in each]


@pytest.fixture
def look(chromium: WebDriver, sites: Sites) -> Look:
    return Look(chromium, sites)


def cookies(driver: WebDriver) -> set[str]:
    """The hosts of all cookies that the browser has."""
    every = driver.execute_cdp_cmd("Storage.getCookies", {})["cookies"]
    return {each["domain"] for each in every}


def only_declared(look: Look) -> None:
    """Nothing but declared fields went to the hooks server, and nothing was complained of."""
    look.network()
    assert look.sent
    for request in look.sent:
        path = urlsplit(request["url"]).path
        assert (request["method"], path) in {
            ("GET", "/beacon/intranet.js"), ("POST", "/beacon/intranet"),
            ("OPTIONS", "/beacon/intranet"),
        }  # fmt: skip
        assert "?" not in request["url"]
    for every in look.headers.values():
        names = {name.lower() for name in every}
        assert not names & {"cookie", "referer", "authorization"}, every
    for body in look.bodies:
        assert body.keys() <= Act.model_fields.keys()
        assert "private" not in json.dumps(body)
        assert "pump priming" not in json.dumps(body)
    hosts = cookies(look.driver)
    assert not [host for host in hosts if "hooks" in host]
    assert complaints(look.driver) == []


def comes(look: Look, wanted: list[str]) -> None:
    """Waits until acts made what is wanted, and nothing else, in any order."""
    soon(look.driver, lambda: len(look.acts()) >= len(wanted))
    assert sorted(look.acts()) == sorted(wanted)


def test_a_page_is_read_kept_let_go_of_and_judged(look: Look) -> None:
    look.open("/handbook/pumps?q=private#private")
    assert look.sent_by("script[data-beacon]") == "yes"
    for button in ('[data-beacon="bookmarked"]', "[data-of]", '[data-found="yes"]',
                   '[data-found="no"]'):  # fmt: skip
        look.press(button)
        assert look.sent_by(button) == "yes"
    look.driver.refresh()  # no other reading
    look.press('[data-beacon="answer"]')
    assert look.sent_by('[data-beacon="answer"]') == "yes"
    only_declared(look)
    read = look.bodies[0]
    assert read.keys() == {"id", "kind", "at", "account", "token", "topic", "page"}
    assert read["page"] == look.sites.portal + "/handbook/pumps"
    assert len({each["id"] for each in look.bodies}) == len(look.bodies)
    comes(look, [
        "viewed /handbook/pumps read", "bookmarked /handbook/pumps bookmark",
        "voided",
        "voted-up /handbook/pumps curate", "voted-down /handbook/pumps none",
        "voted-up /handbook/pumps curate",
    ])  # fmt: skip
    every = told(look.sites).values()
    kept = [each["id"] for each in every if said(each) == "bookmarked /handbook/pumps bookmark"]
    assert [each["object"]["id"] for each in every if said(each) == "voided"] == kept


def test_a_link_that_leads_out_is_told_by_its_host(look: Look) -> None:
    look.open("/handbook/pumps")
    look.press('a[href*="vendor"]')
    soon(look.driver, lambda: look.driver.title == "Manual")
    comes(look, ["viewed / explore"])
    look.network()
    assert [each["page"] for each in look.bodies] == [look.sites.vendor + "/"]
    only_declared(look)


def test_a_search_tells_its_length_and_that_it_found(look: Look) -> None:
    look.open("/search?q=pump+priming")
    assert look.sent_by("p[data-beacon]") == "yes"
    only_declared(look)
    (body,) = look.bodies
    assert (body["length"], body["found"]) == (12, True)
    comes(look, ["searched /search search"])
    look.driver.refresh()
    look.driver.get("about:blank")
    assert len(look.acts()) == 1, "a page that is loaded again is no other search"


def test_a_profile_in_sight_locates_its_owner(look: Look) -> None:
    look.open("/people/may")
    assert look.sent_by("script[data-beacon]") == "yes"
    only_declared(look)
    assert look.bodies[0]["whom"] == "may"
    comes(look, ["viewed /people/may locate"])


def test_a_bookmarklet_on_a_page_that_forbids_everything(look: Look) -> None:
    address = shown(snippets()["bookmarklet"], look.sites.portal, look.sites.hooks).strip()
    look.driver.get(look.sites.vendor + "/manuals/p7?q=private#part")
    outside = look.driver.current_window_handle
    look.driver.execute_script(address.removeprefix("javascript:"))
    opened = soon(look.driver, lambda: set(look.driver.window_handles) - {outside})
    look.driver.switch_to.window(opened.pop())
    try:
        soon(look.driver, lambda: look.driver.find_elements(By.CSS_SELECTOR, "button"))
        soon(look.driver, lambda: look.driver.execute_script("return !!window.headwater"))
        assert look.acts() == [], "nothing is told before somebody presses"
        for kind in ("explored", "bookmarked"):
            look.press(f'[data-beacon="{kind}"]')
            assert look.sent_by(f'[data-beacon="{kind}"]') == "yes"
        only_declared(look)
        assert {each["page"] for each in look.bodies} == {look.sites.vendor + "/"}
        comes(look, ["viewed / explore", "bookmarked / bookmark"])
    finally:
        look.driver.close()
        look.driver.switch_to.window(outside)


def test_a_page_that_is_one_program_calls_and_may_send_json(look: Look) -> None:
    look.open("/program")
    look.press("#go")
    body = look.driver.find_element(By.CSS_SELECTOR, "body")
    soon(look.driver, lambda: body.get_attribute("data-told") == "true")
    comes(look, ["searched /search search"])
    only_declared(look)
    assert [each["length"] for each in look.bodies] == [14]
    look.press("#json")
    soon(look.driver, lambda: body.get_attribute("data-queued") == "true")
    statuses: list[int] = []
    soon(look.driver, lambda: statuses.extend(_answers(look)) or len(statuses) >= 2)
    assert statuses == [204, 200], "the browser asks before, and sends then"


def _answers(look: Look) -> Iterator[int]:
    """The statuses of what the hooks server answered since the last look."""
    for entry in look.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        response = message["params"].get("response", {})
        if response and response["url"].startswith(look.sites.hooks):
            yield response["status"]


def test_what_nobody_answered_is_sent_again_and_counts_once(look: Look) -> None:
    look.open("/noted#" + look.sites.vendor)
    soon(look.driver, lambda: look.driver.execute_script("return !!window.headwater"))
    look.driver.execute_cdp_cmd("Network.enable", {})
    gone = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    change = "Network.emulateNetworkConditions"
    look.driver.execute_cdp_cmd(change, gone)
    look.press('[data-beacon="explored"]')
    soon(look.driver, lambda: complaints(look.driver))
    look.driver.execute_cdp_cmd(change, gone | {"offline": False})
    assert look.sent_by('[data-beacon="explored"]') == "yes"
    look.network()
    assert len(look.bodies) >= 2
    assert len({json.dumps(each) for each in look.bodies}) == 1
    comes(look, ["viewed / explore"])


def test_a_connection_lets_out_what_its_options_say_and_no_more(look: Look) -> None:
    look.open("/open?session=private&id=7#private")
    assert look.sent_by("p[data-beacon]") == "yes"
    look.press('a[href*="vendor"]')
    soon(look.driver, lambda: look.driver.title == "Manual")
    look.network()
    searched, explored = look.bodies[:2]
    assert (searched["text"], searched["length"]) == ("pump priming", 12)
    assert searched["page"] == look.sites.portal + "/open?id=7"
    assert explored["page"] == look.sites.vendor + "/manuals/p7"
    assert "private" not in json.dumps(look.bodies)


@pytest.mark.parametrize("path", ["/of-bo", "/of-nobody"])
def test_another_persons_token_and_nobody_tell_nothing(look: Look, path: str) -> None:
    look.open(path)
    assert look.sent_by("script[data-beacon]") == "no"
    look.network()
    assert len(look.bodies) == (1 if path == "/of-bo" else 0)
    assert look.acts() == []
