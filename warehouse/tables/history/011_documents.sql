-- The documents of the State, Agent Profile and Activity Profile Resources, folded from the topic
-- xapi.documents. `context` stands for kind, activity and agent (what is listed together), `document`
-- for the whole key. The last in the log stays: the version is the position of the write that the row
-- comes from, so that a reader knows which writes it has in it. A deletion is a row too.
CREATE TABLE lrs.document_rows
(
    context UInt64,
    document UInt128,
    version UInt128,
    deleted UInt8,
    kind LowCardinality(String),
    activity String CODEC(ZSTD(1)),
    agent String CODEC(ZSTD(1)),
    registration String,
    name String CODEC(ZSTD(1)),
    updated DateTime64(3, 'UTC'),
    etag String,
    content_type String,
    content String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree(version)
ORDER BY (context, document)
SETTINGS index_granularity = 256;

-- Every document as it stands: kind 'state', 'agent' or 'activity', name its stateId or profileId.
CREATE VIEW lrs.documents DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT kind, activity, agent, registration, name, updated, etag, content_type, content
FROM lrs.document_rows FINAL
WHERE deleted = 0;
