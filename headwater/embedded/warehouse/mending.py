"""Parts of tables that writes which failed have left (`storage.py`), dealt with at the next start.

The engine has set them aside by then, and reads what a merge was made of instead.
"""

from collections.abc import Iterator

from headwater.embedded.warehouse.engine import Engine

#: Parts that the engine set aside, written since a moment; whether both ends of what is in them are
#: in parts that are read. What one insert has written has one block.
_SET_ASIDE = """
    SELECT
        d.database,
        d.table,
        d.name,
        d.min_block_number = d.max_block_number,
        countIf(p.min_block_number <= d.min_block_number
            AND d.min_block_number <= p.max_block_number) > 0
        AND countIf(p.min_block_number <= d.max_block_number
            AND d.max_block_number <= p.max_block_number) > 0
    FROM system.detached_parts AS d
    LEFT JOIN (SELECT * FROM system.parts WHERE active) AS p
        ON p.database = d.database AND p.table = d.table AND p.partition_id = d.partition_id
    WHERE startsWith(d.reason, 'broken') AND d.modification_time >= toDateTime({since:Int64})
    GROUP BY ALL
    ORDER BY ALL
"""
_DROP = """
    ALTER TABLE {database:Identifier}.{table:Identifier} DROP DETACHED PART {part:String}
    SETTINGS allow_drop_detached = 1
"""


def parts(engine: Engine, since: float) -> Iterator[str]:
    """Drops parts that writes which failed have left since a moment, and says what became of each.

    What one insert wrote was refused: nothing is lost. What a merge wrote is in the parts it was
    merged from. Everything else stays, and `headwater status` names it. Raises EngineError.
    """
    for database, table, name, inserted, read in _set_aside(engine, since):
        if not inserted and not read:
            yield f"the part {name} of {database}.{table} is not whole, nor is what it was made of"
            continue
        engine.ask(_DROP, database=database, table=table, part=name)
        told = "what it was made of is read" if read else "its insert was refused"
        yield f"the part {name} of {database}.{table} was not whole, and is dropped: {told}"


def _set_aside(engine: Engine, since: float) -> list[tuple[str, str, str, bool, bool]]:
    answer = engine.ask(_SET_ASIDE, since=str(int(since)))
    lines = [line.split("\t") for line in answer.decode().splitlines()]
    return [(of, table, name, one == "1", read == "1") for of, table, name, one, read in lines]
