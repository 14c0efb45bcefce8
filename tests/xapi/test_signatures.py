"""Signed statements: made here with a key and a certificate of their own."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from xapi.errors import StatementError
from xapi.signatures import USAGE, is_signature, verify

STATEMENT: dict[str, Any] = {
    "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    "actor": {"mbox": "mailto:ada@example.org"},
    "verb": {"id": "https://example.org/did"},
    "object": {"id": "https://example.org/page"},
}
SIGNED = {**STATEMENT, "attachments": [{"usageType": USAGE, "sha2": "0" * 64}]}


class Generous(jws.JWSRegistry):
    max_header_length = 1 << 20


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_of(private: rsa.RSAPrivateKey) -> RSAKey:
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return RSAKey.import_key(pem)


def certificate(private: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signer")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def signed(private: Any, said: Any, algorithm: str = "RS256", **header: Any) -> bytes:
    registry = Generous(algorithms=["RS256", "RS384", "RS512", "HS256"])
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    key = private if isinstance(private, OctKey) else key_of(private)
    made = jws.serialize_compact({"alg": algorithm, **header}, payload, key, registry=registry)
    return made.encode() if isinstance(made, str) else made


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_a_statement_signed_by_its_certificates_key_is_accepted(
    private: rsa.RSAPrivateKey, algorithm: str
) -> None:
    verify(SIGNED, signed(private, STATEMENT, algorithm), "$")
    verify(SIGNED, signed(private, STATEMENT, algorithm, x5c=[certificate(private)]), "$")


def test_another_keys_certificate_is_refused(private: rsa.RSAPrivateKey) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(StatementError, match="not made with the key"):
        verify(SIGNED, signed(private, STATEMENT, x5c=[certificate(other)]), "$")
    with pytest.raises(StatementError, match="not made with the key"):
        verify(SIGNED, signed(private, STATEMENT, x5c=["bm90aGluZw=="]), "$")


@pytest.mark.parametrize("change", [{"verb": {"id": "https://example.org/undid"}}, {"result": {}}])
def test_another_statements_signature_is_refused(
    private: rsa.RSAPrivateKey, change: dict[str, Any]
) -> None:
    other = {**STATEMENT, **change}
    if change == {"result": {}}:
        other["result"] = {"success": True}
    with pytest.raises(StatementError, match="not this statement"):
        verify(SIGNED, signed(private, other), "$.attachments[0]")


def test_other_algorithms_and_other_things_are_refused(private: rsa.RSAPrivateKey) -> None:
    secret = OctKey.import_key("a secret that is long enough for it")
    cases = {
        b"": "not a JSON Web Signature",
        b"a.b.c": "not a JSON Web Signature",
        signed(secret, STATEMENT, "HS256"): "HS256",
        signed(private, b"{'no': json}"): "not a statement",
        signed(private, []): "not a statement",
    }
    for signature, message in cases.items():
        with pytest.raises(StatementError, match=message):
            verify(SIGNED, signature, "$")


def test_what_a_signature_is() -> None:
    assert is_signature(SIGNED["attachments"][0])
    assert not is_signature({"usageType": "https://example.org/other"})
