"""What clients' drivers send by themselves, and what changes nothing for somebody who only reads.

JDBC sends `async_insert=0` with every statement, others the value that a setting has anyway, or how
they would wait for a server. A reader's request is not refused for that; the settings are left out,
so none of them reaches the engine.
"""

import re
from collections.abc import Mapping

#: Settings of inserts and mutations, of clusters, and of waiting for a connection.
_IDLE = re.compile(
    r"async_insert.*|wait_for_async_insert.*|insert_.*|(min|max)_insert_.*|deduplicate_.*"
    r"|mutations_sync|lightweight_deletes_sync|alter_sync"
    r"|(max|throw_on_max)_partitions_per_insert_block"
    r"|load_balancing.*|select_sequential_consistency|database_replicated_enforce_.*"
    r"|(connect|receive|send)_timeout.*|http_(connection|receive|send)_timeout"
    r"|(idle_connection|tcp_keep_alive)_timeout|poll_interval"
)
_SAME = {"true": "1", "false": "0"}


def meant(settings: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """The settings that a reader can mean: those that are idle are left out.

    `defaults` has every setting that the engine knows, with the value it has.
    """
    return {
        name: value
        for name, value in settings.items()
        if name not in defaults or not _is_idle(name, value, defaults[name])
    }


def _is_idle(name: str, value: str, default: str) -> bool:
    if name == "readonly":  # a reader's is 2, whatever the engine's default is
        return value in ("1", "2")
    return _IDLE.fullmatch(name) is not None or _plain(value) == _plain(default)


def _plain(value: str) -> str:
    return _SAME.get(value.lower(), value)
