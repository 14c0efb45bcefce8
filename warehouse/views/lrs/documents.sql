-- Every document as it stands: kind 'state', 'agent' or 'activity', name its stateId or profileId.
-- identity: personal (the agent, and texts that a client wrote)
CREATE OR REPLACE VIEW lrs.documents DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT kind, activity, agent, registration, name, updated, etag, content_type, content
FROM lrs.document_rows FINAL
WHERE deleted = 0
