"""What is told of a comment's text; itself it goes further only where it is kept.

https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html: XHTML with elements
of Confluence's own for macros (`ac:`) and what is linked to (`ri:`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from producers import mentions, utterances

#: What is no prose of whoever writes: macros with a body of their own (code above all), quotes.
_FOREIGN = re.compile(
    r"<blockquote\b.*?</blockquote>|<code\b.*?</code>|<pre\b.*?</pre>"
    r"|<ac:plain-text-body>.*?</ac:plain-text-body>|<ac:parameter\b.*?</ac:parameter>",
    re.DOTALL | re.IGNORECASE,
)
_MENTION = re.compile(r"<ri:user\b[^>]*?\bri:(?:account-id|userkey)=\"([^\"]+)\"", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^>]*?\bhref=\"(https?://[^\"]+)\"", re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:p|div|li|ul|ol|h\d|br|tr|td|th|table)\b[^>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>")
#: What shows something without a word.
_SHOWN = re.compile(r"<(?:ac:image|ac:structured-macro|ri:attachment)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Told:
    """What a text tells: whom it mentions, where it links to, whether it asks or says anything."""

    mentioned: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    asks: bool = False
    says: bool = False


def storage(content: Mapping[str, Any]) -> str:
    """The text of a comment as Confluence holds it; "" where it has none."""
    return str(((content.get("body") or {}).get("storage") or {}).get("value") or "")


def told(content: Mapping[str, Any], site: str) -> Told:
    """What the text of a comment tells; of one that has none, nothing."""
    own = _FOREIGN.sub(" ", storage(content))
    words = unescape(_MARKUP.sub("", _BLOCK.sub("\n", own))).strip()
    found = dict.fromkeys(_host(unescape(link)) for link in _LINK.findall(own))
    hosts = tuple(host for host in found if host and host != _host(site))
    return Told(
        mentioned=mentions.mentioned(own, _MENTION),
        hosts=hosts,
        asks=utterances.asks(words),
        says=bool(hosts or _SHOWN.search(own) or (words and utterances.is_exchange(words))),
    )


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:  # as in "http://[": no address
        return ""
