-- Puts ids on the work list of the statements' side.
INSERT INTO lrs.recent_ids (batch, id)
SELECT {batch:UInt64}, arrayJoin({ids:Array(UUID)})
