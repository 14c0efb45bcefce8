-- The newest first; an empty kind or source is any.
SELECT toString(id) AS id, at, source, kind, reason, path, length(body) AS body_bytes, replayed_at
FROM vault.rejected
WHERE ({kind:String} = '' OR kind = {kind:String})
    AND ({source:String} = '' OR source = {source:String})
ORDER BY at DESC, id
LIMIT {limit:UInt32}
