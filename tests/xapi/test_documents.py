"""What comes of writes to documents (Part Three 2.2, 2.3, 2.6, 2.7, 3.1; IEEE 2.0 4.1.4)."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.intents import Malformed, Order, decode, encode, partition
from xapi.documents import Context, Document, Intent, Key, Kind, decide, json_object, matches

STATE, AGENT, ACTIVITY = Kind.STATE, Kind.AGENT_PROFILE, Kind.ACTIVITY_PROFILE
PROFILES = (AGENT, ACTIVITY)
JSON = "application/json"
OLD = Document(b'{"car":{"make":"Ford"},"driver":"Dale"}', JSON, 1000)


def intent(method, content=b"{}", **more):
    return Intent(method, content=content, **{"content_type": JSON, **more})


def test_an_etag_is_the_sha1_of_the_content():
    assert OLD.etag == hashlib.sha1(OLD.content).hexdigest()


@pytest.mark.parametrize("rules", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("kind", Kind)
def test_a_post_merges_the_top_level_only(kind, rules):
    posted = intent("POST", b'{"car":{"model":"Ram"},"series":[1]}', rules=rules)
    status, document, _ = decide(kind, OLD, posted, 2000)
    assert status == 204
    assert json.loads(document.content) == {
        "car": {"model": "Ram"},
        "driver": "Dale",
        "series": [1],
    }
    assert (document.content_type, document.updated) == (JSON, 2000)


def test_merging_keeps_values_as_they_were_written():
    current = Document(b'{"a": 1.50, "b": "\\u00e9" }', JSON, 1)
    _, document, _ = decide(STATE, current, intent("POST", b'{"c":1e2}'), 2)
    assert document.content == b'{"a":1.50,"b":"\\u00e9","c":1e2}'


@pytest.mark.parametrize(
    ("current", "posted"),
    [
        (OLD, intent("POST", b"{}", content_type="application/octet-stream")),
        (OLD, intent("POST", b"[1]")),
        (OLD, intent("POST", b"{} {")),
        (OLD, intent("POST", b'{"a":NaN}')),
        (OLD, intent("POST", b'{"a":"\xff"}')),
        (OLD, intent("POST", b"")),
        (OLD, intent("POST", b'{"a":' + b"[" * 200 + b"]" * 200 + b"}")),
        (Document(b"{}", "text/plain", 1), intent("POST")),
        (Document(b"[1]", JSON, 1), intent("POST")),
        (None, intent("POST", b'{"a":1}[')),
        (None, intent("POST", b"")),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_only_json_objects_merge_and_what_stood_there_stays(kind, current, posted):
    status, document, reason = decide(kind, current, posted, 2000)
    assert status == 400
    assert reason
    assert document is current


@pytest.mark.parametrize("content_type", [JSON, "Application/JSON; charset=utf-8"])
def test_json_is_known_by_its_type_whatever_the_parameters(content_type):
    assert decide(STATE, OLD, intent("POST", content_type=content_type), 1).status == 204


@pytest.mark.parametrize("kind", Kind)
def test_a_post_where_nothing_is_stores_what_came(kind):
    for content, kind_of in ((b'{"a": 1}', JSON), (b"\x00\xff", "application/octet-stream")):
        posted = intent("POST", content, content_type=kind_of)
        status, document, _ = decide(kind, None, posted, 5)
        assert (status, document) == (204, Document(content, kind_of, 5))


def test_a_merge_does_not_grow_beyond_what_a_document_may_be():
    half = b'{"%b":"' + b"x" * (9 << 20) + b'"}'
    current = Document(half.replace(b"%b", b"a"), JSON, 1)
    status, document, _ = decide(STATE, current, intent("POST", half.replace(b"%b", b"b")), 2)
    assert status == 413
    assert document is current


@pytest.mark.parametrize(
    ("kind", "rules", "exists", "status"),
    [
        (STATE, "1.0.3", False, 204),
        (STATE, "1.0.3", True, 204),
        (STATE, "2.0.0", False, 204),
        (STATE, "2.0.0", True, 409),
        *((kind, "1.0.3", False, 400) for kind in PROFILES),
        *((kind, "1.0.3", True, 409) for kind in PROFILES),
        *((kind, "2.0.0", False, 204) for kind in PROFILES),
        *((kind, "2.0.0", True, 409) for kind in PROFILES),
    ],
)
def test_a_put_without_headers(kind, rules, exists, status):
    current = OLD if exists else None
    outcome = decide(kind, current, intent("PUT", rules=rules), 1)
    assert outcome.status == status
    assert status == 204 or outcome.document is current


@pytest.mark.parametrize("rules", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_if_match_holds_or_nothing_is_done(kind, rules, method):
    right = intent(method, rules=rules, match=f'"{OLD.etag}"')
    wrong = intent(method, rules=rules, match='"1234"')
    assert decide(kind, OLD, right, 1).status == 204
    for current in (OLD, None):
        outcome = decide(kind, current, wrong, 1)
        assert outcome.status == 412
        assert outcome.document is current
    assert decide(kind, OLD, intent(method, rules=rules, match="*"), 1).status == 204
    assert decide(kind, None, intent(method, rules=rules, match="*"), 1).status == 412


@pytest.mark.parametrize("rules", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("kind", Kind)
def test_if_none_match_star_only_creates(kind, rules):
    put = intent("PUT", rules=rules, none_match="*")
    assert decide(kind, None, put, 1).status == 204
    assert decide(kind, OLD, put, 1).status == 412


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("*", True),
        ('"abc"', True),
        ("abc", True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ('"ab"', False),
        ('""', False),
    ],
)
def test_conditions_are_lists_of_tags(condition, holds):
    assert matches(condition, "abc") is holds
    assert matches(condition, None) is False


def test_a_delete_of_nothing_succeeds():
    for kind in Kind:
        assert decide(kind, None, intent("DELETE"), 1) == (204, None, "")


contents = st.one_of(
    st.binary(max_size=20),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3).map(
        lambda members: json.dumps(members).encode()
    ),
)
types = st.sampled_from([JSON, "text/plain"])
etags = st.sampled_from(["", "", "*", f'"{OLD.etag}"', '"other"'])
intents = st.builds(
    Intent,
    st.sampled_from(["PUT", "POST", "DELETE"]),
    st.sampled_from(["1.0.3", "2.0.0"]),
    etags,
    etags,
    types,
    contents,
)
documents = st.none() | st.builds(Document, contents, types, st.integers(0, 10)) | st.just(OLD)
kinds = st.sampled_from(list(Kind))


@given(kinds, documents, intents)
def test_what_is_refused_changes_nothing_and_says_why(kind, current, wanted):
    status, document, reason = decide(kind, current, wanted, 20)
    assert status in (204, 400, 409, 412)
    if status != 204:
        assert document is current
        assert reason
    elif wanted.method == "DELETE":
        assert document is None
    else:
        assert document.updated == 20
        assert wanted.method == "POST" or document.content == wanted.content


@given(kinds, documents, intents)
def test_an_absolute_intent_comes_to_the_same_whatever_stood_there(kind, current, wanted):
    if wanted.absolute(kind):
        assert decide(kind, current, wanted, 20) == decide(kind, None, wanted, 20)


@given(kinds, documents, intents.filter(lambda each: each.match and each.match != "*"))
def test_of_two_writes_on_the_same_etag_one_wins(kind, current, wanted):
    first = decide(kind, current, wanted, 20)
    changed = first.status == 204 and (first.document and first.document.etag) != (
        current and current.etag
    )
    if changed:
        assert decide(kind, first.document, wanted, 21).status == 412


texts = st.text(max_size=8)
contexts = st.builds(Context, kinds, texts, texts)
keys = st.builds(Key, contexts, texts, texts.filter(bool))


@given(st.binary(min_size=16, max_size=16), keys, intents)
def test_a_record_gives_back_its_intent(identifier, key, wanted):
    record = encode(identifier, key, wanted)
    assert decode(record.key, record.value, record.headers) == (identifier, key, wanted)
    assert partition(key.context, 8) in range(8)


@given(keys, keys)
def test_keys_that_differ_have_different_numbers(one, other):
    assert (one == other) == (one.number == other.number) == (one.encoded == other.encoded)


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        (None, []),
        (b"[]", [("method", b"PUT"), ("rules", b"1.0.3"), ("type", b"a/b")]),
        (b'["state","","","",""]', [("method", b"PUT"), ("rules", b"1.0.3"), ("type", b"a/b")]),
        (b'["state","","","","x"]', [("method", b"GET"), ("rules", b"1.0.3"), ("type", b"a/b")]),
        (b'["state","","","","x"]', [("method", b"PUT"), ("rules", b"9"), ("type", b"a/b")]),
        (b'["other","","","","x"]', [("method", b"PUT"), ("rules", b"1.0.3"), ("type", b"a/b")]),
        (b'["state","","","","x"]', [("rules", b"1.0.3"), ("type", b"a/b")]),
    ],
)
def test_a_record_that_is_no_intent_is_told(key, headers):
    with pytest.raises(Malformed):
        decode(key, b"", headers)


def test_a_key_without_a_name_stands_for_its_context():
    context = Context(STATE, "x:a", "mailto:a@b.c")
    one, other = Key(context, "r1", "s"), Key(context, "", "s")
    assert Key(context).covers(one)
    assert Key(context).covers(other)
    assert Key(context, "r1").covers(one)
    assert not Key(context, "r1").covers(other)
    assert not Key(Context(STATE, "x:b", "mailto:a@b.c")).covers(one)


@given(st.lists(st.integers(0, 1 << 40), min_size=2, max_size=20))
def test_the_order_of_the_log_counts_though_a_clock_steps_back(times):
    order = Order(3)
    places = [order.place(offset, at) for offset, at in enumerate(times)]
    assert places == sorted(places)
    later = Order.noted(3, order.note)
    assert later.place(len(times), 0) > places[-1]


def test_how_deep_json_goes_is_counted_at_once():
    assert json_object(b'{"a":' + b"[" * 99 + b"]" * 99 + b"}") is not None
    assert json_object(b'{"a":' + b"[" * 100 + b"]" * 100 + b"}") is None
    assert json_object(b'{"a":"' + b"[" * 1000 + b'"}') is not None
    assert json_object(b'{"a":[%b]}' % b",".join([b"[]"] * 1000)) is not None
    assert json_object(b'{"' + b'\\"[' * 1_000_000) is None
    assert json_object(b"[" * 1_000_000) is None
