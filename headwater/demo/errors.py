"""What can end the synthetic organisation.

DemoError
├── NotSynthetic   the folder or an address is not the demo's own: nothing is sent
└── DemoRefused    a server did not take what the demo sends
"""


class DemoError(Exception):
    """The synthetic organisation cannot go on; the message says why and what to do."""


class NotSynthetic(DemoError):
    """A data folder without the mark of synthetic data, or an address of another machine."""


class DemoRefused(DemoError):
    """A server did not take what the demo sends; the message says what it answered."""
