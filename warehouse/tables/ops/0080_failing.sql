-- Whether a stream could not be read when it was tried last, and the tool as its statements name it.
ALTER TABLE ops.connection_rows
    ADD COLUMN failing Bool COMMENT 'Whether the stream could not be read when it was tried last',
    ADD COLUMN platform LowCardinality(String) COMMENT 'The tool as its statements name it, empty for several';
