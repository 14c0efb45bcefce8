-- Where the organisation is; when the last run of links that went well began, and the last one at all, with why it
-- failed; how many links of the last run have a figure, and whether there is learning before its first week; how many
-- weeks a KPI has; when a rollout was declared or taken back last.
WITH (SELECT argMax(r.run, r.at) FROM kpi.link_rows AS r) AS last
SELECT
    (SELECT time_zone FROM viewer.settings) AS zone,
    (SELECT maxOrNull(began) FROM ops.link_runs WHERE failure = '') AS began,
    (SELECT maxOrNull(began) FROM ops.link_runs) AS tried,
    ifNull((SELECT argMaxOrNull(failure, began) FROM ops.link_runs), '') AS failure,
    (SELECT count() FROM kpi.link_rows WHERE kind != 'missing' AND run = last) AS figures,
    (SELECT count() > 0 FROM learning.activity_weeks WHERE week < (SELECT toDate(min(since)) FROM kpi.link_rows WHERE run = last)) AS older,
    (SELECT uniqExact(week) FROM viewer.kpi_weeks) AS weeks,
    (SELECT maxOrNull(at) FROM kpi.rollout_rows) AS declared
