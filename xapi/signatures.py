"""Signed statements (Part Two 2.6): a JSON Web Signature as an attachment, over the statement."""

import base64
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from xapi.equivalence import equivalent
from xapi.errors import StatementError

USAGE = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE = "application/octet-stream"
ALGORITHMS = ("RS256", "RS384", "RS512")
#: A signature holds the statement once more, and certificates.
MAX_BYTES = 4 << 20

_SECTION = "Part Two 2.6"


class _Registry(jws.JWSRegistry):
    """Sizes that certificates and statements need; the attachment as a whole is bounded."""

    max_header_length = MAX_BYTES
    max_payload_length = MAX_BYTES
    max_signature_length = MAX_BYTES


_registry = _Registry(algorithms=list(ALGORITHMS), strict_check_header=False)


def is_signature(attachment: Mapping[str, Any]) -> bool:
    """Whether an attachment is a statement's signature."""
    return attachment.get("usageType") == USAGE


def verify(statement: Mapping[str, Any], signature: bytes, path: str) -> None:
    """Raises StatementError where a signature is not one of this statement.

    The payload must be the statement as it was before it was signed. Where the header brings the
    signer's certificate (x5c), the signature must be made with its key; whether that certificate is
    to be trusted is the reader's question, not the LRS's.
    """
    try:
        found = jws.extract_compact(signature, registry=_registry)
        header = found.headers()
    except (JoseError, ValueError) as error:
        _fail(path, f"is not a JSON Web Signature in compact form: {error}")
    if header.get("alg") not in ALGORITHMS:
        named = str(header.get("alg"))[:40]
        _fail(path, f"is signed with {named!r}; it must be one of {', '.join(ALGORITHMS)}")
    if header.get("x5c"):
        _check_signature(signature, header["x5c"], path)
    try:
        signed = orjson.loads(found.payload)
        same = equivalent(_unsigned(signed), _unsigned(statement))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        _fail(path, f"has a payload that is not a statement: {error}")
    if not same:
        _fail(path, "has a payload that is not this statement")


def _check_signature(signature: bytes, chain: Any, path: str) -> None:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0], validate=True))
        key = RSAKey.import_key(_public(certificate))
        jws.deserialize_compact(signature, key, registry=_registry)
    except (JoseError, ValueError, TypeError, IndexError, KeyError) as error:
        _fail(path, f"was not made with the key of its certificate: {error}")


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _unsigned(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement without its signature, as it was when it was signed."""
    said = dict(statement)
    rest = [each for each in said.pop("attachments", []) if not is_signature(each)]
    return {**said, "attachments": rest} if rest else said


def _fail(path: str, rule: str) -> NoReturn:
    raise StatementError(path, rule, _SECTION)
