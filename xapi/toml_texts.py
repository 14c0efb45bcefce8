"""Texts that several of the product's TOML files have: names, and secrets that are named."""

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def _named(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("a name is of a-z, 0-9, - and _")
    return text


def secret(text: str) -> str:
    """A text that names a secret; ValueError for another, which may be the secret itself."""
    if not re.match(r"(env|file):.", text):
        raise ValueError("must read env:NAME or file:PATH, not a secret")
    return text


Name = Annotated[str, AfterValidator(_named)]
#: `env:NAME`, or `file:PATH`; what a path is relative to, the file's own docs say.
Secret = Annotated[str, AfterValidator(secret)]
