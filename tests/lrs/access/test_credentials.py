"""Credentials of the topic: scopes, authorities, rates, and what verifying one may cost."""

import base64
import json
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from lrs.access import credential_records
from lrs.access.credential_records import decode, encode, made
from lrs.access.credentials import principal_of
from lrs.access.rate_limit import RateLimit
from lrs.access.scopes import Scope, defines, expanded, source
from lrs.errors import Forbidden, Unauthorized

STATEMENTS = "/xapi/statements"
PLAIN = {
    "actor": {"mbox": "mailto:a@b.c"},
    "verb": {"id": "http://example.org/did"},
    "object": {"id": "http://example.org/it"},
}


def basic(name, secret):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def agent(name):
    return {"objectType": "Agent", "account": {"homePage": "https://lms.example.org", "name": name}}


@pytest.fixture
def credentials(application):
    """What the application under test accepts."""
    return application._credentials


@pytest.fixture
def given(credentials):
    """Gives the headers of a new credential of the topic."""

    def give(*scopes, name="bot", rate=0.0):
        credential, secret = made(name, scopes, agent(name), "2024-05-31T08:30:00Z", rate)
        credentials.put(credential)
        return {"Authorization": basic(name, secret)}

    return give


# Scopes


def test_wide_scopes_imply_narrow_ones():
    assert expanded(["all"]) == set(Scope)
    assert expanded(["statements/read"]) == {Scope.STATEMENTS_READ, Scope.STATEMENTS_READ_MINE}
    assert Scope.STATEMENTS_WRITE not in expanded(["all/read"])
    assert expanded(["state"]) == {Scope.STATE}
    with pytest.raises(ValueError, match="statements/write"):
        expanded(["statement/write"])


def test_all_read_reads_what_others_let_one_write():
    credential, _ = made("r", ["all/read"], agent("r"), "")
    sender = principal_of(credential)
    for scope in (Scope.STATE, Scope.PROFILE, Scope.STATEMENTS_READ):
        assert sender.may(scope, reading=True)
    for scope in (Scope.STATE, Scope.PROFILE, Scope.STATEMENTS_WRITE, Scope.DEFINE):
        assert not sender.may(scope)
    sender.check(Scope.PROFILE, reading=True)
    with pytest.raises(Forbidden, match="needs the scope profile; r has all/read"):
        sender.check(Scope.PROFILE)


@pytest.mark.parametrize(
    ("scopes", "write", "read"),
    [
        (["all"], 200, 200),
        (["all/read"], 403, 200),
        (["statements/write"], 200, 403),
        (["statements/read"], 403, 200),
        (["statements/read/mine"], 403, 200),
        (["statements/write", "statements/read/mine"], 200, 200),
        (["state", "profile", "define"], 403, 403),
    ],
)
def test_statements_are_open_to_their_scopes(ask, given, publisher, scopes, write, read):
    headers = given(*scopes)
    body = json.dumps(PLAIN)
    posted = ask("POST", STATEMENTS, content=body, headers=headers)
    put = ask("PUT", f"{STATEMENTS}?statementId={uuid4()}", content=body, headers=headers)
    assert (posted.status_code, put.status_code) == (write, 204 if write == 200 else write)
    assert ask("GET", STATEMENTS, headers=headers).status_code == read
    assert len(publisher.records) == (2 if write == 200 else 0)
    for answer in (posted, put):
        if write == 403:
            assert "needs the scope statements/write" in answer.json()["error"]["message"]


def test_whose_statements_are_read_with_mine(ask, given, reader):
    mine, other = UUID(int=1), UUID(int=2)
    reader.add(mine, json.dumps({**PLAIN, "authority": agent("bot")}).encode())
    reader.add(other, json.dumps({**PLAIN, "authority": agent("other")}).encode())
    headers = given("statements/read/mine")
    answer = ask("GET", f"{STATEMENTS}?statementId={mine}", headers=headers)
    assert answer.json()["authority"] == agent("bot")
    assert ask("GET", f"{STATEMENTS}?statementId={other}", headers=headers).status_code == 404
    found = ask("GET", STATEMENTS, headers=headers).json()["statements"]
    assert [each["authority"] for each in found] == [agent("bot")]
    every = ask("GET", STATEMENTS).json()["statements"]
    assert len(every) == 2


def test_a_senders_authority_is_stamped_and_its_source_says_whether_it_defines(
    ask, given, publisher
):
    for scopes, defining in ((["statements/write"], False), (["statements/write", "define"], True)):
        headers = given(*scopes, name=f"bot{len(scopes)}")
        assert ask("POST", STATEMENTS, content=json.dumps(PLAIN), headers=headers).is_success
        record = publisher.records[-1]
        assert json.loads(record.value)["authority"] == agent(f"bot{len(scopes)}")
        told = dict(record.headers)["source"].decode()
        assert told.startswith(f"lrs:bot{len(scopes)}")
        assert defines(told) is defining
    assert source("a", expanded(["all"])) == "lrs:a"


# Verifying


def test_a_revoked_credential_is_refused_at_once_and_a_new_one_has_a_new_secret(
    ask, given, credentials
):
    first = given("all")
    assert ask("GET", STATEMENTS, headers=first).status_code == 200
    credentials.drop("bot")
    assert ask("GET", STATEMENTS, headers=first).status_code == 401
    second = given("all")
    assert ask("GET", STATEMENTS, headers=second).status_code == 200
    assert ask("GET", STATEMENTS, headers=first).status_code == 401
    credentials.keep(())
    assert ask("GET", STATEMENTS, headers=second).status_code == 401
    assert ask("GET", STATEMENTS).status_code == 200  # the setting's own stay


#: As `headwater credentials add` wrote it when secrets were hashed by argon2.
OLD_SECRET = "Ib3Kp5cGr6SSStroFaiZ0ci8PcM35vPP"
OLD_RECORD = (
    b'{"name":"old","hash":"$argon2id$v=19$m=19456,t=2,p=1$95/h7a0lJktoPQzClIbsUw'
    b'$txwbPj9YqZb3+t6DoNOwdl9EvTvLpoE3vvlhACp2ezA","tag":"7ho=","scopes":["all"],'
    b'"authority":{"mbox":"mailto:old@example.org"},"created":"2024-05-31T08:30:00Z",'
    b'"rate":0.0,"tolerant":false}'
)


def test_a_secret_is_recognised_and_a_wrong_one_is_not(credentials, given):
    header = given("all")["Authorization"]
    assert credentials.known(header) is None
    assert credentials.principal(header).name == "bot"
    assert credentials.known(header).name == "bot"
    with pytest.raises(Unauthorized):
        credentials.principal(basic("bot", "guess"))


def test_two_credentials_of_one_secret_would_have_two_hashes():
    one, other = (made("bot", ["all"], agent("bot"), "")[0] for _ in range(2))
    assert one.hash != other.hash
    assert one.hash.startswith("sha256$")


def test_credentials_from_before_are_still_recognised(ask, credentials):
    credentials.put(decode(OLD_RECORD))
    right = {"Authorization": basic("old", OLD_SECRET)}
    wrong = {"Authorization": basic("old", OLD_SECRET[::-1])}
    assert ask("GET", STATEMENTS, headers=wrong).status_code == 401
    assert ask("GET", STATEMENTS, headers=right).status_code == 200
    assert credentials.known(right["Authorization"]).name == "old"


def test_one_guess_in_many_meets_an_old_hash_and_none_does_twice(credentials, monkeypatch):
    credentials.put(decode(OLD_RECORD))
    asked = []
    verify = Argon2id.verify_phc_encoded

    def counted(secret, text):
        asked.append(secret)
        return verify(secret, text)

    monkeypatch.setattr(credential_records.Argon2id, "verify_phc_encoded", counted)
    for number in range(300):
        with pytest.raises(Unauthorized):
            credentials.principal(basic("old", f"guess{number}"))
    assert len(asked) <= 4  # 300 guesses, each with a chance of 1 in 65,536
    tag = decode(OLD_RECORD).tag
    guesses = (str(number) for number in range(10_000_000))
    guess = next(g for g in guesses if sha256(f"old:{g}".encode()).digest()[:2] == tag)
    asked.clear()
    for _ in range(3):
        with pytest.raises(Unauthorized):
            credentials.principal(basic("old", guess))
    assert asked == [guess.encode()]


def test_before_the_topic_was_read_an_unknown_name_is_asked_to_wait(ask, credentials):
    credentials.complete = False
    assert ask("GET", STATEMENTS).status_code == 200
    answer = ask("GET", STATEMENTS, headers={"Authorization": basic("who", "x")})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    "text", ["Ym90Onh5eg", "Ym90Onh5eh==", "Ym90\nOnh5eg==", "%%%%", "/w==:", "x" * 9999]
)
def test_odd_tokens_are_no_credentials(credentials, text):
    with pytest.raises(Unauthorized):
        credentials.principal(f"Basic {text}")


def test_a_record_comes_back_and_holds_no_secret():
    credential, secret = made("a", ["all"], agent("a"), "2024-05-31T08:30:00Z", 5)
    assert decode(encode(credential)) == credential
    assert secret.encode() not in encode(credential)
    assert credential.hash not in repr(credential)
    assert len(secret) == 32


# Rates


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_a_bucket_fills_and_a_batch_is_paid_afterwards():
    clock = Clock()
    rate = RateLimit(10, clock)
    for _ in range(10):
        rate.take()
    assert rate.wait() == pytest.approx(0.1)
    clock.now += 0.1
    rate.take()
    rate.pay(49)  # it was a batch of fifty
    assert rate.wait() == pytest.approx(5.0)
    clock.now += 5.0
    assert rate.wait() == 0
    clock.now += 1000
    for _ in range(10):
        rate.take()
    assert rate.wait() > 0


def test_slow_rates_let_one_through():
    clock = Clock()
    rate = RateLimit(0.1, clock)
    rate.take()
    assert rate.wait() == pytest.approx(10)


def test_too_many_are_answered_with_429_and_when_to_come_again(ask, given, publisher):
    headers = given("all", rate=0.05)
    body = json.dumps([PLAIN] * 3)
    assert ask("POST", STATEMENTS, content=body, headers=headers).status_code == 200
    answer = ask("POST", STATEMENTS, content=body, headers=headers)
    assert answer.status_code == 429
    assert 50 < int(answer.headers["retry-after"]) <= 60
    assert "0.05 statements or requests a second" in answer.json()["error"]["message"]
    assert len(publisher.records) == 1
    assert ask("GET", STATEMENTS).status_code == 200  # another's rate is another's
