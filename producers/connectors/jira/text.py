"""What is told of a comment's text; itself it goes further only where it is kept.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all for what webhooks and
version 2 of the interface hold, and
https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/ for version 3.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from producers import mentions, utterances

_BLOCK = re.compile(
    r"\{(code|noformat|quote|panel)(?::[^}\n]*)?\}.*?\{\1\}|^bq\. .*$", re.DOTALL | re.MULTILINE
)
_MENTION = re.compile(r"\[~(?:accountid:)?([^\[\]\s]+)\]")
_LINK = re.compile(r"\[(?:[^|\[\]\n]*\|)?(?:https?://|mailto:)[^\]]*\]|https?://\S+")
_IMAGE = re.compile(r"!\S[^!\n]*!")
_MACRO = re.compile(r"\{[^{}\n]*\}")
#: Emoticons of Jira that have a letter: `(y)`, `(on)`, `(*r)`.
_EMOTICON = re.compile(r"\((?:[yni]|on|off|\*[rgby])\)|[:;][DPp]\b")
#: So much of a text is read, in characters; what begins so says the rest.
LONG = 8_000
_WORD = re.compile(r"\w+")
#: Words of a text that thanks or agrees, and says nothing else.
_NODS = frozenset(
    {
        "a", "again", "agreed", "all", "and", "cheers", "danke", "done", "for", "gracias", "great",
        "help", "lgtm", "lot", "many", "merci", "much", "nice", "noted", "ok", "okay", "perfect",
        "so", "thank", "thanks", "thankyou", "the", "thx", "ty", "very", "you", "your",
    }
)  # fmt: skip
#: What integrations of forges write in the name of whoever pushed.
_FORGE = re.compile(r"\s*(\[[^\]]*\]|\w[\w .-]*) mentioned this (issue|work item) in \[")


@dataclass(frozen=True)
class Told:
    """What a text tells: whom it mentions, whether it asks, whether it says anything."""

    mentioned: tuple[str, ...] = ()
    asks: bool = False
    says: bool = False
    #: Written by a program in the name of a person.
    written: bool = False


def told(body: str | Mapping[str, Any] | None) -> Told:
    """What a comment's body tells: wiki text, or a document of version 3."""
    text = wiki(body)[:LONG]
    own = _BLOCK.sub(" ", text)
    plain = _IMAGE.sub(" ", _LINK.sub(" ", _MENTION.sub(" ", own)))
    words = _EMOTICON.sub(" ", _MACRO.sub(" ", plain)).strip()
    holds = own.strip() and (_LINK.search(own) or _IMAGE.search(own))
    return Told(
        mentioned=mentions.mentioned(own, _MENTION),
        asks=utterances.asks(words),
        says=bool(holds or _says(words)),
        written=bool(_FORGE.match(text)),
    )


def wiki(body: str | Mapping[str, Any] | None) -> str:
    """A body as wiki text, whichever of the two it is."""
    return _flat(body) if isinstance(body, Mapping) else body or ""


def _says(words: str) -> bool:
    said = {word.lower() for word in _WORD.findall(words)}
    return bool(said - _NODS) and utterances.is_exchange(words)


def _flat(node: Mapping[str, Any]) -> str:
    """A document's text as wiki text: what people say, whom they mention, where they link."""
    said: Mapping[str, Any] = node.get("attrs") or {}
    match node.get("type"):
        case "text":
            marks = node.get("marks") or ()
            links = [each["attrs"]["href"] for each in marks if each["type"] == "link"]
            return f"[{node['text']}|{links[0]}]" if links else str(node["text"])
        case "mention":
            return f"[~accountid:{said['id']}]"
        case "inlineCard" | "blockCard" | "embedCard":
            return str(said.get("url") or "")
        case "emoji":
            return str(said.get("shortName") or "")
        case "media":
            return "!media!"
        case "codeBlock" | "blockquote":
            return ""
    inner = "".join(map(_flat, node.get("content") or ()))
    return inner + ("\n" if node.get("type") in ("paragraph", "heading", "listItem") else "")
