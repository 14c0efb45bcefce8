"""The blocking publisher where nobody is: what it says, and how soon."""

import pytest

from bus.errors import BrokerUnavailable
from bus.publisher import Publisher
from tests.conftest import free_port


def test_a_broker_that_is_not_there_is_told_in_words() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnavailable) as told:
        Publisher(address, seconds=0.5)
    assert str(told.value).startswith(f"Kafka at {address} does not answer: Unable to bootstrap")
    assert "Error" not in str(told.value)
