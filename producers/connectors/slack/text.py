"""What is told of a message's text; itself it goes further only where it is kept.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from producers import mentions, utterances

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_QUOTE = re.compile(r"^&gt;.*$", re.MULTILINE)
#: In a message's own words Slack writes `<` as `&lt;`.
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_LINK = re.compile(r"<(https?://[^|<>\s]+)(?:\|[^<>]*)?>")
_MARKUP = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Told:
    """What a text tells: whom it mentions, where it links to, whether it asks or says anything."""

    mentioned: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    asks: bool = False
    says: bool = False


def told(message: Mapping[str, Any]) -> Told:
    """What a message's text tells. A file or a link says something without a word."""
    text = str(message.get("text") or "")
    plain = _QUOTE.sub("", _CODE.sub(" code ", text))
    hosts = dict.fromkeys(_host(link) for link in _LINK.findall(plain))
    words = _MARKUP.sub(" ", plain).strip()
    return Told(
        mentioned=mentions.mentioned(plain, _MENTION),
        hosts=tuple(host for host in hosts if host),
        asks=utterances.asks(words),
        says=bool(message.get("files") or any(hosts) or (words and utterances.is_exchange(words))),
    )


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:  # as in "http://[": no address
        return ""
