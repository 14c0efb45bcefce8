-- The marts that are kept, with a digest of how each was defined when it was computed.
SELECT mart, definition FROM ops.marts
