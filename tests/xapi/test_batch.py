"""A request's statements: divided, stamped without being rewritten, refused whole."""

import contextlib
import gzip
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statement_grammar import STATEMENTS

from xapi.batch import Reading, Stamp, read
from xapi.equivalence import equivalent
from xapi.errors import MalformedJson, StatementError
from xapi.formats import is_plain_timestamp
from xapi.statement import validate

AUTHORITY = {"objectType": "Agent", "account": {"homePage": "http://lrs.test", "name": "tool"}}
STAMP = Stamp(AUTHORITY)
ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"


def statement(inside: str = "") -> str:
    """A small statement as text, with more inside it."""
    return (
        '{"actor":{"mbox":"mailto:Ada@example.org"},"verb":{"id":"x:y"},"object":{"id":"x:y"}'
        f"{inside}}}"
    )


def refusal(text: str | bytes) -> str:
    """What is said of a body that is refused."""
    with pytest.raises((MalformedJson, StatementError)) as caught:
        read(text.encode() if isinstance(text, str) else text, Reading(STAMP))
    return str(caught.value)


def test_a_statement_keeps_its_bytes_and_gets_what_it_lacks():
    body = statement(',"result":{"score":{"raw":1.50,"max":1e2}}').encode()
    batch = read(body, Reading(STAMP, lambda: UUID(ONE)))
    assert batch.single
    assert batch.ids == [UUID(ONE)]
    assert batch.given == []
    assert batch.actor == "mailto:ada@example.org"
    assert batch.lines[0].endswith(body[1:])
    assert json.loads(batch.lines[0]) == {
        **json.loads(body),
        "id": ONE,
        "authority": AUTHORITY,
        "version": "1.0.0",
    }


def test_an_array_keeps_its_order_and_knows_which_ids_the_client_chose():
    body = f'[{statement()}, {statement(f""","id":"{TWO.upper()}","version":"1.0.3" """)}]'
    batch = read(body.encode(), Reading(STAMP, lambda: UUID(ONE)))
    assert not batch.single
    assert batch.ids == [UUID(ONE), UUID(TWO)]
    assert batch.given == [1]
    assert [json.loads(line)["version"] for line in batch.lines] == ["1.0.0", "1.0.3"]


@pytest.mark.parametrize(
    "inside",
    [
        ',"authority":{"mbox":"mailto:impostor@example.org"}',
        ',"stored":"2001-01-01T00:00:00Z"',
        ',"\\u0061uthority":{"mbox":"mailto:impostor@example.org"}',
        f',"authority":{{"mbox":"mailto:impostor@example.org"}},"id":"{TWO}","version":"1.0.2"',
    ],
)
def test_authority_and_stored_are_the_lrs_own(inside):
    line = read(statement(inside).encode(), Reading(STAMP)).lines[0]
    kept = json.loads(line)
    assert kept["authority"] == AUTHORITY
    assert "stored" not in kept
    assert line.count(b"authority") == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2015-11-18T12:17:00.5+01:00", "2015-11-18T12:17:00.5+01:00"),
        ("20151118T121700Z", "2015-11-18T12:17:00Z"),
        ("2015-11-18T12:17:00,5Z", "2015-11-18T12:17:00.500000Z"),
    ],
)
def test_a_time_in_an_unusual_form_is_written_so_that_every_reader_knows_it(given, kept):
    body = statement(f',"timestamp":"{given}"').encode()
    assert json.loads(read(body, Reading(STAMP)).lines[0])["timestamp"] == kept


def test_what_is_put_together_anew_keeps_its_numbers_and_escapes():
    inside = ',"stored":"2001-01-01T00:00:00Z","result":{"response":"\\u00e9","score":{"raw":1.50}}'
    line = read(statement(inside).encode(), Reading(STAMP)).lines[0]
    assert b'"\\u00e9"' in line
    assert b"1.50" in line


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("inside", ["", ',"stored":"2001-01-01T00:00:00Z"'])
def test_a_line_holds_no_raw_newline(indent, inside):
    given = json.loads(statement(inside + ',"context":{"extensions":{"x:y":{"a":"b\\nc"}}}'))
    for body in (json.dumps(given, indent=indent), json.dumps([given, given], indent=indent)):
        for text in (body, f"\n \t{body}\r\n"):
            for line in read(text.encode(), Reading(STAMP)).lines:
                assert b"\n" not in line
                assert json.loads(line)["context"] == given["context"]


def _without(said, names):
    return {name: value for name, value in said.items() if name not in names}


@given(st.lists(STATEMENTS, max_size=4), st.sampled_from([None, 1]))
def test_whatever_is_valid_is_kept_as_it_was(statements, indent):
    for place, each in enumerate(statements):
        each["id"] = str(UUID(int=place))
    batch = read(json.dumps(statements, indent=indent).encode(), Reading(STAMP))
    assert len(batch.lines) == len(statements)
    for place, (before, line) in enumerate(zip(statements, batch.lines, strict=True)):
        after = json.loads(line)
        validate(after)
        assert after["authority"] == AUTHORITY
        assert batch.ids[place].int == place
        assert equivalent(before, after)
        set_by_us = {"authority", "stored", "version", "timestamp"}
        assert _without(after, set_by_us) == _without(before, set_by_us)
        if is_plain_timestamp(before.get("timestamp", "")):
            assert after["timestamp"] == before["timestamp"]


def test_an_attachment_has_an_address_or_comes_along():
    header = json.dumps(
        {"usageType": "x:u", "display": {}, "contentType": "a/b", "length": 1, "sha2": "0" * 64}
    )
    body = statement(f',"attachments":[{header}]')
    assert "$.attachments[0]: has no fileUrl" in refusal(body)
    assert "$[0].attachments[0]: has no fileUrl" in refusal(f"[{body}]")
    assert read(body.encode(), Reading(STAMP, files={"0" * 64})).lines
    assert read(body.replace("}]", ',"fileUrl":"x:f"}]').encode(), Reading(STAMP)).lines


def test_an_empty_array_is_no_statement_and_no_mistake():
    assert read(b" [ ] ", Reading(STAMP)).lines == []


def test_duplicate_ids_refuse_the_batch_also_in_another_case():
    other = "AAAAAAAA-1111-1111-1111-111111111111"
    first, second = (statement(f',"id":"{each}"') for each in (other, other.lower()))
    assert "$[2].id" in refusal(f"[{first},{statement()},{second}]")


def test_one_wrong_statement_refuses_the_batch_and_is_named():
    wrong = statement(',"result":{"success":1}')
    body = f"[{statement()},{statement()},{wrong}]"
    assert refusal(body).startswith("$[2].result.success: must be true or false")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no body"),
        (" \n ", "no body"),
        ("{", "not valid JSON"),
        ("[", "not valid JSON"),
        ("[1,]", "not valid JSON"),
        (statement() + "x", "not valid JSON"),
        (statement() + statement(), "not valid JSON"),
        (statement() + "\ufeff", "not valid JSON"),
        ("\ufeff\ufeff" + statement(), "not valid JSON"),
        ("null", "null"),
        ("1", "must be a statement"),
        ('"x"', "must be a statement"),
        ("[[]]", "$[0]: must be a statement"),
        (b"\xff\xfe", "not valid UTF-8"),
        (statement(',"result":{"response":"x"}').encode().replace(b"x", b"\xff"), "UTF-8"),
        (statement(',"result":{"response":"\0"}'), "not valid JSON"),
        (statement(',"result":{"response":"a\nb"}'), "not valid JSON"),
        (statement(',"result":{"response":"\\ud800"}'), "surrogate"),
        (statement(',"result":{"response":"\\udc00 and more"}'), "surrogate"),
        (statement(',"result":{"extensions":{"x:y":"\\ud83dx"}}'), "surrogate"),
        (statement(',"result":{"extensions":{"x:y":NaN}}'), "NaN"),
        (statement(',"result":{"extensions":{"x:y":-Infinity}}'), "Infinity"),
        (statement(',"result":{"extensions":{"x:y":1e999}}'), "IEEE 754"),
        (
            statement(f',"result":{{"extensions":{{"x:y":{"9" * 5000}}}}}'),
            "more than a double holds",
        ),
        (statement(',"verb":{"id":"x:z"}'), '"verb" more than once'),
        (statement(f',"id":"{ONE}","id":"{TWO}"'), '"id" more than once'),
        (statement(f',"id":"{ONE}","\\u0069d":"{ONE}"'), '"id" more than once'),
        (statement(',"result":{"extensions":{"x:y":[{"a":1,"a":"\\u003a"}]}}'), '"a" more than'),
        (statement(',"result":{"extensions":{"x:y":{"a":1,"a":1}}}'), '"a" more than once'),
    ],
)
def test_garbage_is_refused_with_its_reason(text, said):
    assert said in refusal(text)


@pytest.mark.parametrize("depth", [200, 5_000, 1_000_000])
@pytest.mark.parametrize("brackets", ["[]", '{"a":}'])
def test_deep_json_is_refused(depth, brackets):
    opening, closing = brackets[:-1], brackets[-1]
    bomb = opening * depth + "1" + closing * depth
    assert "nested" in refusal(statement(f',"result":{{"extensions":{{"x:y":{bomb}}}}}'))
    assert "nested" in refusal(bomb) or "must be" in refusal(bomb) or "not a prop" in refusal(bomb)


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_no_bytes_break_it(body):
    with contextlib.suppress(MalformedJson, StatementError):
        read(body, Reading(STAMP))


def test_real_statements_are_taken_as_they_are(shared):
    with gzip.open(shared / "data" / "statements_fun_mooc.json.gz") as lines:
        real = [line.strip() for line in lines]
    taken = 0
    for at in range(0, len(real), 1000):
        some = real[at : at + 1000]
        batch = read(b"[" + b",".join(some) + b"]", Reading(STAMP))
        assert all(
            line.endswith(before[1:]) for line, before in zip(batch.lines, some, strict=True)
        )
        taken += len(set(batch.ids))
    assert taken == len(real) == 22_000
    for line in real[::50]:
        validate(json.loads(line))
