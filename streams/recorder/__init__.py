"""xapi.statements → lrs.statements: every accepted statement, once, the first in position.

The hot path. Records go to ClickHouse unparsed, framed with their position; ClickHouse divides and
reads them. After an insert a sweep writes down duplicate ids, tombstones what lost and sends
conflicts and unreadable lines to `xapi.rejected`; only then are the offsets committed, so that a
crash at any moment repeats work and loses none.
"""
