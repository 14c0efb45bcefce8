"""The door of Graph's change notifications: the question, the tokens, what is encrypted.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks and
https://learn.microsoft.com/graph/change-notifications-with-resource-data. A notification holds the
connection's secret (`clientState`); one with resource data also tokens that Microsoft signed, and a
key that only the connection's private key can read, by which the data are encrypted and signed.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import padding as oaep
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from producers.connector import Answer, Event
from producers.connectors.microsoft365.options import Microsoft365Options
from producers.errors import Unreadable, Unsigned
from producers.signatures import BodyToken, Delivery

#: The secret stands in each notification.
SCHEME = BodyToken("value", "clientState")
#: Who sends notifications: Microsoft's own application.
PUBLISHER = "0bf30f3b-4a52-48df-9a82-234910c4a086"
#: How far our clock may be from Microsoft's, in seconds.
CLOCKS = 300
#: A question is no longer than this.
ASKED = 4_096


def greeted(delivery: Delivery, _: bytes) -> Answer | None:
    """Graph's question whether the address is ours: its token is said back as it is."""
    token = delivery.query.get("validationToken", "")
    return Answer(token.encode()) if token and len(token) <= ASKED else None


def notifications(delivery: Delivery) -> Sequence[Event]:
    """The notifications of a delivery. Raises Unreadable."""
    every = _collection(delivery.body)["value"]
    if not all(isinstance(each, dict) for each in every):
        raise Unreadable("each of `value` must be a notification")
    found: Sequence[Event] = every
    return found


def opened(delivery: Delivery, options: Microsoft365Options) -> Delivery:
    """A delivery without its secret and tokens, which were looked at, and with what was encrypted.

    Graph encloses no message that is not encrypted: what is in the open is no word of its.
    Raises Unsigned where a token or a signature does not fit.
    """
    said = _collection(delivery.body)
    again = bool(delivery.headers.get(SCHEME.header))  # it was looked at when it came first
    encrypted = [each for each in notifications(delivery) if each.get("encryptedContent")]
    if encrypted and not again and options.tenant and options.app:
        _check(said.get("validationTokens") or (), options)
    made = []
    for each in said["value"]:
        plain = {n: v for n, v in each.items() if n not in ("clientState", "encryptedContent")}
        key = options.private_key.get_secret_value()
        if not again and isinstance(each.get("resourceData"), dict):
            data = each["resourceData"]
            plain["resourceData"] = {n: data[n] for n in data if n == "id" or n[:1] == "@"}
        if each.get("encryptedContent") and key:
            plain["resourceData"] = decrypted(each["encryptedContent"], key)
        made.append(plain)
    return replace(delivery, body=orjson.dumps({"value": made}))


def _collection(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"the body is not valid JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("value"), list):
        raise Unreadable("the body must be a collection of notifications: `value`")
    return found


# What is encrypted


def decrypted(content: dict[str, str], pem: str) -> Any:
    """The resource that a notification encloses. Raises Unsigned for what does not fit."""
    try:
        key = _private(pem).decrypt(
            base64.b64decode(content["dataKey"]),
            oaep.OAEP(oaep.MGF1(SHA1()), SHA1(), None),  # noqa: S303 - Graph's own choice
        )
        data = base64.b64decode(content["data"])
        signature = hmac.new(key, data, hashlib.sha256).digest()
        if not hmac.compare_digest(signature, base64.b64decode(content["dataSignature"])):
            raise Unsigned("the signature of the encrypted data does not fit")
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        padded = decryptor.update(data) + decryptor.finalize()
        unpadder = PKCS7(128).unpadder()
        return orjson.loads(unpadder.update(padded) + unpadder.finalize())
    except (ValueError, KeyError, TypeError) as error:
        raise Unsigned("the encrypted data cannot be read with the private key") from error


@lru_cache(maxsize=16)
def _private(pem: str) -> RSAPrivateKey:
    found = load_pem_private_key(pem.encode(), None)
    if isinstance(found, RSAPrivateKey):
        return found
    raise ValueError("the private key is no RSA key")


# The tokens


def _check(tokens: Sequence[str], options: Microsoft365Options) -> None:
    """Raises Unsigned where no token comes from Microsoft, for this application and tenant."""
    if not tokens or not all(_fits(_claims(each, options), options) for each in tokens):
        raise Unsigned("a validation token is missing, or is not Microsoft's for this application")


def _claims(token: str, options: Microsoft365Options) -> dict[str, Any]:
    """What a token says: verified where the connection names Microsoft's keys."""
    keys = options.signing_keys.get_secret_value()
    try:
        if keys:
            return dict(jwt.decode(token, _published(keys), algorithms=["RS256"]).claims)
        _, said, _ = token.split(".")
        found = orjson.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
        return dict(found)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise Unsigned("a validation token cannot be verified") from error


@lru_cache(maxsize=16)
def _published(keys: str) -> KeySet:
    return KeySet.import_key_set(orjson.loads(keys))


def _fits(claims: dict[str, Any], options: Microsoft365Options) -> bool:
    tenant, now = options.tenant, time.time()
    issuers = (f"https://sts.windows.net/{tenant}/", f"{options.login_site}/{tenant}/v2.0")
    try:
        return bool(
            claims["aud"] == options.app
            and claims["iss"] in issuers
            and claims.get("tid", tenant) == tenant
            and (claims.get("azp") or claims.get("appid")) == PUBLISHER
            and claims["exp"] + CLOCKS >= now
            and claims.get("nbf", 0) - CLOCKS <= now
        )
    except (KeyError, TypeError):
        return False
