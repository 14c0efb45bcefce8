"""In which language a text is written; it is told without what it says.

The model of py3langid knows 140 languages, needs 75 MB once a process, and gives the same for the
same text. How it was chosen, and how often it is right: docs/decisions/texts.md.
"""

import re
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

#: Of a text the beginning is read, in characters, and of its prose as much as tells.
READ, TELLS = 4_000, 1_000
#: A text whose letters take fewer bytes (UTF-8: 5 signs of Chinese, 15 letters of English), or one
#: of which the model is less sure, has no language.
LETTERS, SURE = 15, 0.7
#: The model's name for what is no language.
_NONE = "zxx"
#: What is no prose of whoever writes: code and quotes, in Markdown, wiki text and HTML; markup.
_FOREIGN = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|^[ \t]*(?:>|&gt;|bq\. )[^\n]*"
    r"|\{(code|noformat|quote)\b[^}\n]{0,100}\}.*?(?:\{\1\}|\Z)|\[quote\b.*?(?:\[/quote\]|\Z)"
    r"|<(pre|code|blockquote|ac:plain-text-body|ac:parameter)\b.*?(?:</\2>|\Z)|<[^>\n]{0,400}>|&\w+;",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
#: What a word of prose never has, in scripts that put spaces between words.
_NO_WORD = re.compile(r"[\d_/\\={}|@#<>\[\]]|\w[.:(]\w|^:|^--?\w")


def language(text: str) -> str:
    """The language of a text as a code of ISO 639 (`en`, `yue`); "" where it cannot be told."""
    prose = _prose(text)
    if not _enough(prose):
        return ""
    found, sure = identifier().classify(prose)
    return str(found) if sure >= SURE and found != _NONE else ""


def _prose(text: str) -> str:
    kept, size = [], 0
    for word in _FOREIGN.sub(" ", text[:READ]).split():
        if word.isascii() and _NO_WORD.search(word):
            continue
        kept.append(word)
        size += len(word) + 1
        if size > TELLS:
            break
    return " ".join(kept)[:TELLS]


def _enough(prose: str) -> bool:
    size = 0
    for sign in filter(str.isalpha, prose):
        size += len(sign.encode("utf-8", "replace"))
        if size >= LETTERS:
            return True
    return False


@lru_cache(maxsize=1)
def identifier() -> LanguageIdentifier:
    """The model, which is read once: that takes half a second."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
