SELECT toString(mark), hour, at
FROM ops.mark_rows FINAL
ORDER BY hour DESC
LIMIT {most:UInt32}
