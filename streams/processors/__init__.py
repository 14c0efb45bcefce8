"""The stream processors, found by themselves: one folder each (`streams/processor.py` is their
contract).

Beside its code a processor has `examples.jsonl`, some values of its topic, one a line (the last is
none of its own), and `outcome.sql`, which asks the warehouse what it leaves behind. With them
`tests/streams/test_every_processor.py` holds it to the contract.
"""

from functools import cache

from serving import declared
from streams.errors import NoSuchProcessor, SharedGroup
from streams.processor import Processor


@cache
def processors() -> tuple[Processor, ...]:
    """Every processor, by name.

    Raises ValueError for a folder that declares none of its own name.
    """
    return declared.every(__name__, Processor)


def chosen(only: str = "") -> tuple[Processor, ...]:
    """The one of that name, or every processor.

    Raises NoSuchProcessor where there is none of that name, and SharedGroup where it reads in one
    consumer group with others (docs/decisions/runners.md).
    """
    every = processors()
    if not only:
        return every
    found = tuple(each for each in every if each.name == only)
    if not found:
        names = ", ".join(each.name for each in every)
        raise NoSuchProcessor(f"there is no processor {only!r}: choose one of {names}")
    group = found[0].reads_as
    others = [each.name for each in every if each.reads_as == group and each.name != only]
    if others:
        raise SharedGroup(
            f"the processor {only!r} cannot run alone: it shares the consumer group {group} with "
            f"{', '.join(others)}, and all workers of a group run the same processors. Start the "
            "worker without --only (HEADWATER_WORKER_ONLY); several of them share the work"
        )
    return found
