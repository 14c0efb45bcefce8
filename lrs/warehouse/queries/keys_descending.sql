-- Places of statements that have one of two keys and meet every other filter, newest first. A filter is
-- a list of keys of which a statement has one; an empty list is no filter. A row may come twice.
SELECT toString(position) AS place, id
FROM
(
    SELECT position, id
    FROM lrs.statement_keys
    WHERE key = if({first_kind:UInt8} = 0, 0, cityHash64({first_kind:UInt8}, {first_value:String}))
        AND position >= {low:UInt128} AND position < {high:UInt128}
        AND (empty({agents:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {agents:Array(Tuple(UInt8, String))})))
        AND (empty({verbs:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {verbs:Array(Tuple(UInt8, String))})))
        AND (empty({activities:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {activities:Array(Tuple(UInt8, String))})))
        AND (empty({registrations:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {registrations:Array(Tuple(UInt8, String))})))
        AND ({authority:String} = '' OR authority = cityHash64(toUInt8(7), {authority:String}))
    ORDER BY position DESC
    LIMIT {limit:UInt32}
    UNION ALL
    SELECT position, id
    FROM lrs.statement_keys
    WHERE key = if({second_kind:UInt8} = 0, 0, cityHash64({second_kind:UInt8}, {second_value:String}))
        AND position >= {low:UInt128} AND position < {high:UInt128}
        AND (empty({agents:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {agents:Array(Tuple(UInt8, String))})))
        AND (empty({verbs:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {verbs:Array(Tuple(UInt8, String))})))
        AND (empty({activities:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {activities:Array(Tuple(UInt8, String))})))
        AND (empty({registrations:Array(Tuple(UInt8, String))}) OR hasAny(keys, arrayMap(x -> cityHash64(x.1, x.2), {registrations:Array(Tuple(UInt8, String))})))
        AND ({authority:String} = '' OR authority = cityHash64(toUInt8(7), {authority:String}))
    ORDER BY position DESC
    LIMIT {limit:UInt32}
)
ORDER BY position DESC
LIMIT {limit:UInt32}
