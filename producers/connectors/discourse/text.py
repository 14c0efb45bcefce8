"""What is told of a post's Markdown; itself it goes further only where it is kept.

https://meta.discourse.org/t/supported-formatting-in-posts-markdown-bbcode-and-html/239348
"""

import re
from urllib.parse import urlsplit

from producers import utterances

_QUOTED, _QUOTE_ENDS = re.compile(r"\[quote[^\[\]]*\]"), "[/quote]"
_QUOTE = re.compile(r"^>[^\n]*$", re.MULTILINE)
#: A fence that nobody closes goes on to the end.
_CODE = re.compile(r"^(```|~~~).*?(?:^\1[ \t]*$|\Z)|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"https?://[^\s<>)\]\"']+")


def says(raw: str | None) -> bool:
    """Whether a post says something: no command to a program, no mere nod, no quote alone."""
    own = _own(raw or "").strip()
    return bool(own) and utterances.is_exchange(own)


def asks(title: str) -> bool:
    """Whether a title is a question."""
    return utterances.asks(title)


def hosts(raw: str | None, site: str) -> list[str]:
    """The hosts to which a post links, the forum's own left out."""
    plain = _CODE.sub("", _own(raw or ""))
    found = dict.fromkeys(map(_host, _LINK.findall(plain)))
    return [host for host in found if host and host != _host(site)]


def _own(raw: str) -> str:
    """What somebody wrote without what they quote. Once no end of a quote comes, none does: each
    sign is looked at once, whatever is written."""
    kept, at = [], 0
    while begun := _QUOTED.search(raw, at):
        end = raw.find(_QUOTE_ENDS, begun.end())
        if end < 0:
            break
        kept.append(raw[at : begun.start()])
        at = end + len(_QUOTE_ENDS)
    return _QUOTE.sub("", "".join([*kept, raw[at:]]))


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:  # as in "http://[": no address
        return ""
