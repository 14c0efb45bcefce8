"""One synthetic organisation for all tests of it."""

from datetime import date

import pytest

from headwater.demo.organisation import Organisation

#: A Monday, so that the last week of history is over.
TODAY = date(2026, 6, 15)


@pytest.fixture(scope="session")
def organisation() -> Organisation:
    """An organisation whose history ends on a Monday in June."""
    return Organisation.of(7, TODAY)
