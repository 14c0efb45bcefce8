-- As keys_ascending.sql, of statements that meet further filters. A filter is a list of keys (kind, value) of
-- which a statement has one; an empty list is no filter.
SELECT toString(position) AS place, id
FROM lrs.statement_keys
WHERE key = if({kind:UInt8} = 0, 0, cityHash64({kind:UInt8}, {value:String}))
    AND position >= {low:UInt128} AND position < {high:UInt128}
    AND (empty({agents:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {agents:Array(Tuple(UInt8, String))})))
    AND (empty({verbs:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {verbs:Array(Tuple(UInt8, String))})))
    AND (empty({activities:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {activities:Array(Tuple(UInt8, String))})))
    AND (empty({registrations:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {registrations:Array(Tuple(UInt8, String))})))
    AND ({authority:String} = '' OR authority = cityHash64(toUInt8(7), {authority:String}))
ORDER BY position ASC
LIMIT {limit:UInt32}
