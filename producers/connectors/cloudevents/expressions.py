"""JMESPath expressions (https://jmespath.org) that are checked when they are read, not at an event.

Beside JMESPath's own functions there are `lower(text)`; `asks(text)`, whether a text is a question;
and `says(text)`, whether it is more than a command to a program or a mere nod.
"""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import jmespath
from jmespath import functions
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from producers import utterances

Node = dict[str, Any]


class _Functions(functions.Functions):  # type: ignore[misc] # the library has no types
    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_lower(self, text: str) -> str:
        return text.lower()

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_asks(self, text: str | None) -> bool:
        return utterances.asks(text or "")

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_says(self, text: str | None) -> bool:
        return bool(text) and utterances.is_exchange(text)


#: What goes on from the expression before it.
_STEPS = ("subexpression", "index_expression", "projection", "value_projection")
#: What the library raises of an event that an expression does not fit, or that is nested deeply.
_UNABLE = (JMESPathError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)
_OPTIONS = jmespath.Options(custom_functions=_Functions())


class Expression:
    """A JMESPath expression; ValueError where it is none, or calls what there is not."""

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            self._read = jmespath.compile(text)
        except RecursionError as error:
            raise ValueError(f"{text[:80]!r}… is nested too deeply") from error
        except JMESPathError as error:
            raise ValueError(f"{text!r} is no JMESPath: {_brief(error)}") from error
        for node in self.nodes():
            if node["type"] == "function_expression":
                _check_call(node)
            elif node["type"] in _STEPS and node["children"][0]["type"] == "not_expression":
                # The library reads `!data.draft` as `(!data).draft`, which never gives anything.
                raise ValueError("`!` is of what stands next to it alone: write it as in !(a.b)")

    def __str__(self) -> str:
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and str(other) == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def of(self, event: Any) -> Any:
        """What it gives of an event. Raises ValueError where it cannot be evaluated."""
        try:
            return self._read.search(event, _OPTIONS)
        except _UNABLE as error:
            raise ValueError(_brief(error)) from error

    @property
    def root(self) -> Node:
        """What it is outermost: a literal, a field, a call."""
        found: Node = self._read.parsed
        return found

    def nodes(self) -> Iterator[Node]:
        """All that it is made of."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            yield node
            pending += [each for each in node["children"] if isinstance(each, dict)]

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        """A text in TOML; as text in a description of the connection."""
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(min_length=1),
            serialization=core_schema.to_string_ser_schema(),
        )


class OneOf:
    """Of an expression in an option: it gives one of some words, and such a word is one itself."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The expression's, with a word quoted before and words looked up after."""
        read = core_schema.no_info_after_validator_function(self._checked, handler(source))
        return core_schema.no_info_before_validator_function(self._quoted, read)

    def _quoted(self, given: object) -> object:
        return f"'{given}'" if isinstance(given, str) and given in self.words else given

    def _checked(self, given: Expression) -> Expression:
        kind, value = given.root["type"], given.root.get("value")
        if kind == "literal" and value not in self.words:
            raise ValueError(unknown(value, self.words))
        near = get_close_matches(str(value), self.words, 1) if kind == "field" else []
        if near:
            said = f"did you mean {near[0]!r}? The event's field of that name is `@.{value}`"
            raise ValueError(f"{value!r} is no word here; {said}")
        return given


def unknown(value: object, words: Collection[str]) -> str:
    """That something is none of some words."""
    return f"{value!r} is none of: {', '.join(sorted(words))}"


def _check_call(node: Node) -> None:
    name, given = node["value"], len(node["children"])
    known = _Functions.FUNCTION_TABLE
    if name not in known:
        raise ValueError(f"there is no function {name!r}; there are: {', '.join(sorted(known))}")
    takes = known[name]["signature"]
    more = bool(takes) and takes[-1].get("variadic", False)
    if given < len(takes) or (given > len(takes) and not more):
        raise ValueError(f"{name}() takes {len(takes)} arguments, not {given}")


def _brief(error: Exception) -> str:
    """What is wrong, in one line, without what the event holds."""
    if isinstance(error, JMESPathTypeError):
        takes = " or ".join(error.expected_types)
        return f"{error.function_name}() takes {takes}, not {error.actual_type}"
    said = " ".join(str(error).split("\n")[0].split())
    return said.removesuffix(":").removesuffix(", for expression")
