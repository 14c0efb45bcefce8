-- How many rows a key has within a range of positions; read from the index alone, or nearly.
SELECT count()
FROM lrs.statement_keys
WHERE key = cityHash64({kind:UInt8}, {value:String})
    AND position >= {low:UInt128} AND position < {high:UInt128}
