-- Learning events of the whole organisation by behaviour and time. Each row rests on the minimum group; it
-- begins at `start` and is as long as its `grain` says (minute, quarter, hour, day or week). What too few people
-- did in a time is in the row of the longer time around it, of behaviours that too few showed in the row of
-- behaviour ''. Rows are of different events, so sums are right; no sum or difference tells of fewer.
-- identity: none (cells of the minimum group)
CREATE OR REPLACE VIEW viewer.activity DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT week, start, grain, scaffold, behaviour, events
FROM published.behaviour_rows
