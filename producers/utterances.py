"""What is told of a text: is it no exchange (a command to a program, a mere nod), does it ask.

Only that much is told; the text itself goes no further.
"""

import re
import unicodedata

#: Programs that are spoken to by name, beside those that are called a bot.
PROGRAMS = frozenset(
    {
        "argos", "bors", "claude", "codecov", "coderabbitai", "codex", "copilot", "coveralls",
        "cursor", "dependabot", "docs-preview", "greptileai", "homu", "mergify", "netlify",
        "pre-commit", "renovate", "sourcery-ai", "vercel",
    }
)  # fmt: skip
#: A question's mark (Latin, full-width, Arabic, Armenian), and what may stand behind it.
_MARKS, _BEHIND = "?？؟՞", "\"'”’»)]}*_~!?"
#: So many words a question has at least.
WORDS = 3
_WORD = re.compile(r"\w+")
_COMMAND = re.compile(r"/[a-z][\w-]*([ \t].*)?", re.IGNORECASE)
_SPOKEN_TO = re.compile(r"@([\w.-]+(?:\[bot\])?)(?:[ \t,:].*)?")
_SHORTCODE = re.compile(r":[+\w-]+:")
_VOTE = re.compile(r"(?<!\w)[+-]1(?!\w)")


def is_command(text: str) -> bool:
    """Whether every line is an order to a program: `/retest`, `@dependabot rebase`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(map(_is_order, lines))


def is_nod(text: str) -> bool:
    """Whether a text is a vote or a smile and no word: `+1`, `:tada:`, an emoji."""
    rest = _SHORTCODE.sub("", text) if ":" in text else text
    rest = _VOTE.sub("", rest) if "1" in rest else rest  # a search for it looks at every sign
    return bool(text.strip()) and not any(unicodedata.category(c)[0] in "LN" for c in rest)


def asks(text: str) -> bool:
    """Whether a sentence of a text ends with a question's mark; a mere "ok?" or "lunch?" does not.

    What is no prose (code, links, quotes) is taken out of it before.
    """
    if not any(mark in text for mark in _MARKS) or not any(map(_ends_asking, text.split())):
        return False
    if len(_WORD.findall(text)) >= WORDS:
        return True
    # Scripts without upper case are often written without spaces.
    signs = sum(letter.isalpha() and letter.lower() == letter.upper() for letter in text)
    return signs > WORDS


def _ends_asking(word: str) -> bool:
    """Whether a question's mark ends a word. It looks once at each sign: a pattern would at each
    mark of many."""
    rest = word.rstrip(_BEHIND)
    return rest[-1:] in tuple(_MARKS) or "?" in word[len(rest) :]


def is_exchange(text: str | None) -> bool:
    """Whether people say something to each other; a text that is not known counts as one."""
    return not text or not (is_command(text) or is_nod(text))


def _is_order(line: str) -> bool:
    if _COMMAND.fullmatch(line):
        return True
    found = _SPOKEN_TO.fullmatch(line)
    return found is not None and is_program(found[1].lower().removesuffix("[bot]"))


def is_program(name: str) -> bool:
    """Whether an account that is spoken to (in lower case) is a program's, as its name says."""
    return name in PROGRAMS or name.endswith("bot")
