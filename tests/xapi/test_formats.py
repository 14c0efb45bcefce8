"""The formats of xAPI 1.0.3 Part Two, section 4, by example."""

from datetime import datetime

import pytest

from xapi import formats
from xapi.durations import comparable, is_duration

GOOD = {
    formats.is_iri: [
        "http://example.org",
        "https://example.org/a?b=c#d",
        "urn:uuid:1",
        "course-v1:FUN-MOOC+00002+session01",
        "uuid://7d4f3c70-1e79-4243-9b7d-166076ce8bfb",
        "http://example.com/فعل/خواندن",
        "tag:example.org,2020:x",
        "http://example.org/%20",
        "mailto:a@b.c",
        "act:home",
    ],
    formats.is_language_tag: [
        "en", "de-DE", "zh-Hant", "sr-Latn-RS", "cmn", "es-MX", "sr-Cyrl", "zh-Hans-CN", "ase",
        "EN-us", "de-CH-1901", "sl-rozaj-biske", "es-419", "x-whatever", "i-klingon", "qaa-Qaaa-QM",
        "en-GB-oed", "de-a-value-x-private", "hy-Latn-IT-arevela", "zh-min",
    ],
    formats.is_uuid: [
        "12345678-1234-5678-1234-567812345678",
        "AA97B177-9383-4934-8543-0F91A7A02836",
        "00000000-0000-0000-0000-000000000000",
    ],
    formats.is_timestamp: [
        "2015-11-18T12:17:00+00:00",
        "2015-11-18T12:17:00Z",
        "2015-11-18T12:17:00.123456789Z",
        "2015-11-18T12:17:00",
        "2015-11-18T12:17:00+0100",
        "2015-11-18T12:17:00-05",
        "2016-02-29T23:59:60Z",
        "20151118T121700Z",
        "2015-11-18T12:17Z",
        "2015-11-18T12:17:00,5Z",
    ],
    formats.is_mailto: [
        "mailto:xapi@adlnet.gov", "mailto:a.b+c@d", "mailto:a@[127.0.0.1]", 'mailto:"a b"@c.org',
    ],
    formats.is_sha1: ["ebd31e95054c018b10727ccffd2ef2ec3a016ee9"],
    formats.is_sha2: ["0" * 64, "F" * 56, "a" * 96, "9" * 128],
    formats.is_media_type: [
        "text/plain", "text/plain; charset=ascii", "application/ld+json", 'a/b; c="d e"',
        "application/octet-stream",
    ],
    formats.is_version: ["1.0", "1.0.0", "1.0.3", "1.0.9", "1.0.32"],
    formats.is_version_of_two: ["1.0", "1.0.3", "2.0", "2.0.0", "2.0.1"],
    formats.is_rfc_3339: [
        "2024-05-31T08:30:00Z", "2024-05-31T08:30:00.123456789+02:00", "2024-05-31T08:30:60Z",
    ],
    is_duration: [
        "PT4H35M59.14S", "PT16559.14S", "P3Y1M29DT4H35M59.14S", "P3Y", "P4W", "PT0S", "P0.5Y",
        "PT1H0M0.1S", "P1DT0,5H", "P1M", "PT1M",
    ],
}  # fmt: skip
BAD = {
    formats.is_iri: [
        "", "example.org", "/relative", "#fragment", "ab=c://should.fail.com", "http://", "http:",
        "http:///path", "http://a b", "http://a<b>", "1http://x", "http://a\nb", "x:", "http://%zz",
        "http://a|b", "http://{x}", 'http://"x"', "http://a^b", "http://\u00a0",
    ],
    formats.is_language_tag: [
        "", "a12345678", "a12345", "en_US", "e", "en-", "-en", "en--US", "zh-z-aaa-z-bbb-c-ccc",
        "en-US-US", "abcdefghi", "x", "x-", "en us", "en-x", "i-unknown",
    ],
    formats.is_uuid: [
        "", "12345678123456781234567812345678", "{12345678-1234-5678-1234-567812345678}",
        "AA97B177-9383-4934-8543-0F91A7A028368", "MA97B177-9383-4934-8543-0F91A7A02836",
        "urn:uuid:12345678-1234-5678-1234-567812345678", "12345678-1234-5678-1234-567812345678\n",
    ],
    formats.is_timestamp: [
        "", "should fail", "01/011/2015", "2008-09-15T15:53:00.601-00", "2015-11-18",
        "2008-09-15T15:53:00.601-0000", "2008-09-15T15:53:00.601-00:00", "2015-02-29T00:00:00Z",
        "2015-13-01T00:00:00Z", "2015-11-18T25:00:00Z", "2015-11-18T12:60:00Z",
        "2015-11-18 12:17:00Z", "2015-11-18t12:17:00z", "2015-11-18T12:17:00+25:00",
        "2015-11-18T12:17:00.Z", "2015-11-18T12:17:00Z ", "12:17:00Z", "1447849020",
        "٢015-11-18T12:17:00Z",
    ],
    formats.is_mailto: [
        "", "a@b.c", "mailto:", "mailto:should.fail.com", "http://should.fail.com", "mailto:a@",
        "mailto:@b.c", "mailto:a b@c.d", "mailto:a@b@c", "MAILTO:a@b.c", "mailto:a@b.c?subject=x",
        "mailto:a@b..c",
    ],
    formats.is_sha1: ["", "ebd31e95", "g" * 40, "0" * 41, "0" * 64],
    formats.is_sha2: ["", "0" * 40, "z" * 64, "0" * 63],
    formats.is_media_type: ["", "text", "text/", "/plain", "text/plain; x", "a b/c"],
    formats.is_version: ["", "1.0.", "1.1.0", "0.9.9", "2.0.0", "1.0.0 ", "11.0.0"],
    formats.is_version_of_two: ["", "2", "2.0.", "2.1", "0.95", "3.0.0"],
    formats.is_rfc_3339: [
        "", "2024-05-31T08:30:00", "2024-05-31T08:30Z", "20240531T083000Z", "2024-02-30T08:30:00Z",
        "2024-05-31T08:30:00+0200", "2024-05-31T08:30:00,5Z", "2024-05-31T08:30:00-00:00",
        "2024-05-31t08:30:00z",
    ],
    is_duration: [
        "", "P", "PT", "P1", "1D", "PA1H0M0S", "should fail", "P4W1D", "P1D4W", "PT1D", "P1H",
        "P1YT", "P0.5Y1M", "PT0.5H1M", "P0001-00-00T00:00:00", "-P1D", "pt1h", "PT1S ", "P1D\n",
        "P1M1Y", "PT1S1M",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("accepts", "text"), [(accepts, text) for accepts, texts in GOOD.items() for text in texts]
)
def test_what_the_standards_allow_is_taken(accepts, text):
    assert accepts(text)


@pytest.mark.parametrize(
    ("accepts", "text"), [(accepts, text) for accepts, texts in BAD.items() for text in texts]
)
def test_what_they_do_not_allow_is_not(accepts, text):
    assert not accepts(text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("PT1.234S", "PT1.23S"),
        ("PT1.2S", "PT1.20S"),
        ("PT1.00S", "PT1S"),
        ("PT01S", "PT1S"),
        ("PT1,5S", "PT1.5S"),
    ],
)
def test_precision_beyond_a_hundredth_of_a_second_does_not_count(a, b):
    assert comparable(a) == comparable(b)


@pytest.mark.parametrize(("a", "b"), [("PT60S", "PT1M"), ("PT1.23S", "PT1.24S"), ("P1D", "PT24H")])
def test_durations_are_otherwise_compared_as_they_are_written(a, b):
    assert comparable(a) != comparable(b)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000 + "\n",
        "a-" * 100_000 + "\n",
        "mailto:" + "a." * 100_000 + "@",
        "text/plain" + "; a=b" * 20_000 + "!!",
        "P" + "1" * 100_000,
        "http://" + "%20" * 50_000 + "%",
    ],
    ids=lambda text: text[:8],
)
def test_long_garbage_costs_no_effort(text):
    for accepts in GOOD:
        accepts(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("2015-11-18T12:17:00.5Z", "2015-11-18T12:17:00.500000Z"),
        ("2015-11-18T12:17Z", "2015-11-18T12:17:00Z"),
        ("20151118T1217+0100", "2015-11-18T12:17:00+0100"),
        ("20151118T121700,25", "2015-11-18T12:17:00.250000"),
        ("2015-12-31T23:59:60.5Z", "2016-01-01T00:00:00.500000Z"),
        ("9999-12-31T23:59:60Z", "9999-12-31T23:59:59.999999Z"),
        ("2015-11-18T12:17:00.1234567890123Z", "2015-11-18T12:17:00.123456Z"),
    ],
)
def test_a_time_in_an_unusual_form_has_a_plain_one(text, plain):
    assert formats.plain_timestamp(text) == plain
    assert formats.is_plain_timestamp(plain)
    datetime.fromisoformat(plain)


def test_times_in_utc() -> None:
    assert formats.in_utc("2024-05-31T08:30:00.5Z") == "2024-05-31T08:30:00.5Z"
    assert formats.in_utc("2024-05-31T08:30:00.123+02:00") == "2024-05-31T06:30:00.123000Z"
    assert formats.in_utc("0001-01-01T00:00:00+02:00") == "0001-01-01T00:00:00+02:00"
