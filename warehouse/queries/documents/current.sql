SELECT document, version, deleted, toUnixTimestamp64Milli(updated), content_type, content
FROM lrs.document_rows
WHERE context IN {contexts:Array(UInt64)} AND document IN {documents:Array(UInt128)}
ORDER BY context, document, version DESC
LIMIT 1 BY context, document
