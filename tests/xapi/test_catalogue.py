"""A kpis.toml: what it says, and where and why it cannot be used."""

import textwrap

import pytest

from xapi import catalogue
from xapi.catalogue import CatalogueError, read

#: The example of the module's own description, which names a line each.
EXAMPLE = textwrap.dedent("\n".join((catalogue.__doc__ or "").splitlines()[2:-2]))


def test_the_example_is_right() -> None:
    said = read(EXAMPLE)
    (kpi,) = said.kpi
    assert (kpi.name, kpi.unit, kpi.direction, kpi.aggregation, kpi.matters) == (
        "first_reply_hours",
        "hours",
        "down",
        "mean",
        0.5,
    )
    (pull,) = said.pull
    assert (pull.name, pull.kind, pull.every) == ("support", "sql", 86_400.0)
    assert said.kpis == {"first_reply_hours": kpi}
    assert read("") == catalogue.NONE


@pytest.mark.parametrize(
    ("written", "instead", "line", "said"),
    [
        ('name = "first_reply_hours" ', "name = 7", 2, "valid string"),
        ('name = "first_reply_hours" ', 'name = " x"', 2, "without blanks around it"),
        ('unit = "hours"', 'unit = ""', 4, "must be a text on one line"),
        ('unit = "hours"', "", 1, "Field required"),
        ('direction = "down"', 'direction = "sideways"', 5, "'up' or 'down'"),
        ('aggregation = "mean"', 'aggregation = "median"', 6, "'mean', 'ratio' or 'sum'"),
        ('owner = "Support operations"', 'ower = "x"', 1, "Field required"),
        ("matters = 0.5", "matters = 0", 9, "greater than 0"),
        ("matters = 0.5", "matters = inf", 9, "finite"),
        ("matters = 0.5", 'matters = 0.5\ntarget = "x"', 10, "not permitted"),
        ('name = "support"', 'name = "Sup port"', 12, "a name is of a-z, 0-9, - and _"),
        ('kind = "sql"', 'kind = "excel"', 13, "'sql', 'prometheus', 'sheet'"),
        ('url = "env:SUPPORT_DATABASE"', 'url = "postgresql://a:b@c/d"', 14, "not a secret"),
        ('kpi = "first_reply_hours"', 'kpi = "second"', 16, "there is no such [[kpi]]"),
        ('every = "1d"', 'every = "1w"', 17, "must read as 15m, 6h or 1d"),
        ('every = "1d"', 'every = "0d"', 17, "must read as 15m, 6h or 1d"),
        ('every = "1d"', "every = 5", 17, "must read as 15m, 6h or 1d"),
        ("[[pull]]", "[[pul]]", 1, "(pul): Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(
    written: str, instead: str, line: int, said: str
) -> None:
    assert written in EXAMPLE
    with pytest.raises(CatalogueError) as error:
        read(instead.join(EXAMPLE.rsplit(written, 1)))
    assert str(error.value).startswith(f"kpis.toml, line {line}")
    assert said in str(error.value)


def test_what_is_no_toml_is_told_by_its_line() -> None:
    with pytest.raises(CatalogueError, match=r"kpis.toml: .*line 2"):
        read('[[kpi]]\nname = "x\n')


def test_names_are_there_once() -> None:
    kpi, pull = EXAMPLE.split("[[pull]]")
    for twice, name in ((f"{kpi}{EXAMPLE}", "kpi"), (f"{EXAMPLE}\n[[pull]]{pull}", "pull")):
        with pytest.raises(CatalogueError, match=rf"line \d+: two of \[\[{name}\]\] are called"):
            read(twice)


PROMETHEUS = """
[[pull]]
name = "incidents"
kind = "prometheus"
kpi = "first_reply_hours"
query = "x"
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('url = "prometheus.example.org"', "must be an address as https://…"),
        ('url = "https://a:b@prometheus.example.org"', "must hold no password"),
        ('url = "https://p.example.org"\ntoken = "abc"', "not a secret"),
        ('url = "https://p.example.org"\nuser = "a"', "user and password are given together"),
        (
            'url = "https://p.example.org"\nuser = "a"\npassword = "env:B"\ntoken = "env:C"',
            "either a token or a user",
        ),
        ('url = "https://p.example.org"\ngrain = "year"', "'day', 'week' or 'month'"),
        ('url = "https://p.example.org"\nperiods = 0', "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_of_a_source_is_told(more: str, said: str) -> None:
    with pytest.raises(CatalogueError, match=r"kpis.toml, line (1[89]|2[0-9])") as error:
        read(f"{EXAMPLE}{PROMETHEUS}{more}\n")
    assert said in str(error.value)
