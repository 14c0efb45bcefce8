-- The last run of links: when it ended, how many links it told, and of those estimated anew; why it failed.
SELECT formatDateTime(ended, '%F %T') AS ended, why, links, estimated, failure
FROM ops.link_runs
ORDER BY began DESC
LIMIT 1
