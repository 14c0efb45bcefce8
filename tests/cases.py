"""One test over many cases of a kind: each is checked, and all that fail are told, by name."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")
Check = Callable[..., None]


def for_each(
    argument: str,
    cases: Iterable[Case],
    named: Callable[[Case], str] = str,
    by: Callable[[Case], str] | None = None,
) -> Callable[[Check], Check]:
    """Makes of the check of a case, which is its `argument`, a test of all cases.

    To start, to report and to hand out a test takes a millisecond or two: longer than what a check
    of a small case does. With `by` there is a test for each group of cases. The fixtures that the
    check asks for are the same for all cases of a test.
    """
    every = list(cases)
    assert every, "no case"
    groups: dict[str, list[Case]] = {}
    for case in every:
        groups.setdefault(by(case) if by else "", []).append(case)

    def decorated(check: Check) -> Check:
        @functools.wraps(check)
        def test(**given: Any) -> None:
            group = groups[given.pop("group") if by else ""]
            failed = [*failures(check, argument, group, named, given)]
            if len(failed) == 1:
                raise failed[0]
            if failed:
                raise ExceptionGroup(f"{len(failed)} of {len(group)} cases", failed)

        asked = inspect.signature(check)
        kept = [each for name, each in asked.parameters.items() if name != argument]
        assert len(kept) == len(asked.parameters) - 1, f"{check.__name__} has no {argument}"
        if by:
            kept.insert(0, inspect.Parameter("group", inspect.Parameter.POSITIONAL_OR_KEYWORD))
        test.__signature__ = asked.replace(parameters=kept)  # type: ignore[attr-defined]
        return pytest.mark.parametrize("group", groups)(test) if by else test

    return decorated


def failures(
    check: Check,
    argument: str,
    cases: Iterable[Case],
    named: Callable[[Case], str],
    given: dict[str, Any],
) -> Iterable[Exception]:
    """What failed, each with a note of its case."""
    for case in cases:
        try:
            check(**{argument: case}, **given)
        except Exception as error:
            error.add_note(f"{argument} = {named(case)}")
            yield error
