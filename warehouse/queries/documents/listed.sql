SELECT registration, name, version, updated_ms
FROM
(
    SELECT registration, name, version, deleted, toUnixTimestamp64Milli(updated) AS updated_ms
    FROM lrs.document_rows
    WHERE context = {context:UInt64}
        AND kind = {kind:String} AND activity = {activity:String} AND agent = {agent:String}
        AND ({registration:String} = '' OR registration = {registration:String})
    ORDER BY document, version DESC
    LIMIT 1 BY document
)
WHERE deleted = 0
ORDER BY updated_ms, name
