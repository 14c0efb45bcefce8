"""What a page sends, held to what a page can show: a token for its account, and a time of now.

A browser keeps no secret, so a page's act is signed by nobody. What stands in for it: the browser
says truly of which origin a page is, and the portal's server, which knows who reads, signs the
account for some hours. Then the connection's own secret signs the act, and it is taken as a
delivery.
"""

import hashlib
import hmac
import re
from importlib.resources import files

import orjson

from producers.connector import Beacon
from producers.connectors.beacon import acts
from producers.connectors.beacon.options import BeaconOptions
from producers.errors import Forbidden, Unreadable

#: So many seconds an act may be old, and a clock may be before ours.
OLDEST, AHEAD = 3600.0, 300.0
#: For so many seconds an account may be signed: a token that gets out is soon of no use.
LONGEST = 86_400.0
LIMIT = 4096
_TOKEN = re.compile(r"(\d{1,11})\.([0-9a-f]{64})", re.ASCII)


def token(account: str, expires: int, secret: bytes) -> str:
    """An account signed until `expires` (Unix seconds): what the portal's server writes."""
    text = f"beacon:{expires}:{account}"
    return f"{expires}.{hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()}"


def admit(body: bytes, options: BeaconOptions, secret: bytes, now: float) -> bytes:
    """The act that a page sent, without its token. Raises Unreadable or Forbidden."""
    act = acts.told(body)
    if act.token or not options.unsigned:
        _signed(act, secret, now)
    age = now - act.at / 1000
    if not -AHEAD <= age <= OLDEST:
        raise Unreadable(
            f"`at` is {abs(age):.0f} s {'ago' if age > 0 else 'ahead'}: at most {OLDEST:.0f} s ago "
            f"and {AHEAD:.0f} s ahead are taken, in Unix milliseconds"
        )
    return acts.written(act.model_copy(update={"token": ""}))


def _signed(act: acts.Act, secret: bytes, now: float) -> None:
    found = _TOKEN.fullmatch(act.token)
    if not found:
        raise Forbidden("the account is not signed: give data-token (docs/connecting.md)")
    expires = int(found[1])
    if not hmac.compare_digest(act.token, token(act.account, expires, secret)):
        raise Forbidden("the token does not fit the account and the connection's secret")
    if expires <= now:
        raise Forbidden("the token has expired: load the page again")
    if expires > now + LONGEST + AHEAD:
        raise Forbidden(f"the token is for more than {LONGEST / 3600:.0f} hours")


def script(options: BeaconOptions) -> bytes:
    """The script of a connection: what leaves a page is decided on the page."""
    told = {
        "origins": sorted(options.origins),
        "inside": sorted(options.inside),
        "queries": sorted(options.queries),
        "texts": options.texts,
        "addresses": options.addresses,
        "seconds": options.seconds,
    }
    source = (files(__package__) / "beacon.js").read_bytes()
    return source.replace(b"OPTIONS", orjson.dumps(told))


beacon = Beacon(
    origins=lambda options: options.origins,
    rate=lambda options: options.rate,
    admit=admit,
    script=script,
    limit=LIMIT,
)
