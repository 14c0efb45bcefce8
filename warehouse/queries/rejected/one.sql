-- By the beginning of its id; two rows where that is not enough.
SELECT toString(id) AS id, at, source, kind, reason, path, body, encoding, headers, replayed_at
FROM vault.rejected
WHERE startsWith(toString(id), {id:String})
ORDER BY id
LIMIT 2
