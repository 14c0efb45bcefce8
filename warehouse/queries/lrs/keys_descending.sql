-- Places of statements with a key (kind 0: every statement), newest first. A place may come twice.
SELECT toString(position) AS place, id
FROM lrs.statement_keys
WHERE key = if({kind:UInt8} = 0, 0, cityHash64({kind:UInt8}, {value:String}))
    AND position >= {low:UInt128} AND position < {high:UInt128}
ORDER BY position DESC
LIMIT {limit:UInt32}
