-- What people learned with: each page, file, question or other thing that events are of, once. `host` is where it is, as
-- its address says; `outside` whether that is none of the organisation's own domains (HEADWATER_DOMAINS; NULL where these
-- were never said, or it has no host). `recorded` is when somebody last wrote or edited it, as far as that was told.
-- identity: none (addresses of things, as learning.events has them)
CREATE OR REPLACE VIEW learning.objects DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (SELECT splitByChar(',', anyLast(value)) FROM ops.setting_rows FINAL WHERE name = 'domains') AS ours
SELECT
    object,
    argMax(object_type, e.time) AS object_type,
    argMax(topic, e.time) AS topic,
    arraySort(groupUniqArray(tool)) AS tools,
    lower(domainWithoutWWW(object)) AS host,
    if(host = '' OR empty(ours[1]), NULL, NOT arrayExists(own -> host = own OR endsWith(host, concat('.', own)), ours)) AS outside,
    count() AS events,
    uniqExact(person) AS people,
    uniqExactIf(team, team != '') AS teams,
    min(e.time) AS first_seen,
    max(e.time) AS last_seen,
    maxOrNullIf(e.time, behaviour = 'record') AS recorded
FROM learning.events AS e
WHERE object != '' AND scaffold != 'none'
GROUP BY object
