-- Who learns from whom as a network, by week, of everybody (team '') and within each team: people are those who gave or
-- received anything (learning.flows), an edge is a pair of giver and receiver, however often. A person is of the teams
-- that they are in when something arrives. NULL where there is nothing to divide by.
-- identity: none (counts; people are a number)
CREATE OR REPLACE VIEW learning.network_weeks
(
    week Date COMMENT 'The Monday of the week, by the organisation''s clock',
    team String COMMENT 'The team; empty for everybody',
    people UInt64 COMMENT 'People who gave or received anything, inside the team or outside',
    isolates UInt64 COMMENT 'People with learning events of the week who gave and received nothing',
    flows UInt64 COMMENT 'Flows from or to these people',
    edges UInt64 COMMENT 'Pairs of a giver and a receiver who are both of these people',
    density Nullable(Float64) COMMENT 'Edges, as a part of those that there could be among these people',
    reciprocity Nullable(Float64) COMMENT 'The part of the edges that has one the other way round',
    across Nullable(Float64) COMMENT 'The part of the flows that goes from one team to another, of those where both are known',
    centralisation Nullable(Float64) COMMENT 'From 0 (everybody has as many partners as everybody else) to 1 (all have the same single one), after Freeman',
    brokers UInt64 COMMENT 'People without whom their team and some other team would have exchanged nothing: the only ones of their team who did'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    ends AS
    (
        -- A person's place in a flow, by each network that the person is in.
        SELECT week, id, person, arrayJoin(arrayDistinct(['', own])) AS team
        FROM
        (
            SELECT toMonday(day) AS week, id, from_person AS person, from_team AS own FROM learning.flow_rows
            UNION ALL
            SELECT toMonday(day) AS week, id, to_person AS person, to_team AS own FROM learning.flow_rows
        )
    ),
    links AS
    (
        SELECT DISTINCT
            toMonday(day) AS week,
            arrayJoin(if(from_team = to_team, arrayDistinct(['', toString(from_team)]), [''])) AS team,
            from_person AS giver,
            to_person AS taker
        FROM learning.flow_rows
    ),
    known AS (SELECT week, team, uniqExact(person) AS people, uniqExact(id) AS flows FROM ends GROUP BY week, team),
    linked AS
    (
        SELECT l.week AS week, l.team AS team, count() AS edges, countIf(r.giver != 0) AS returned
        FROM links AS l
        LEFT JOIN links AS r ON r.week = l.week AND r.team = l.team AND r.giver = l.taker AND r.taker = l.giver
        GROUP BY week, team
    ),
    central AS
    (
        SELECT week, team, max(partners) AS most, sum(partners) AS together
        FROM
        (
            SELECT week, team, pair.1 AS person, uniqExact(pair.2) AS partners
            FROM (SELECT week, team, arrayJoin([(giver, taker), (taker, giver)]) AS pair FROM links)
            GROUP BY week, team, person
        )
        GROUP BY week, team
    ),
    alone AS
    (
        SELECT
            w.week AS week,
            arrayJoin(['', w.team]) AS team,
            uniqExactIf(w.person, (w.week, w.person) NOT IN (SELECT week, person FROM ends)) AS people
        FROM (SELECT DISTINCT toMonday(day) AS week, person, toString(person_day_rows.team) AS team FROM learning.person_day_rows) AS w
        GROUP BY week, team
    ),
    crossing AS
    (
        SELECT week, pair.1 AS team, count() AS flows, countIf(pair.1 != pair.2 OR pair.1 = '' AND apart) AS across
        FROM
        (
            SELECT
                toMonday(day) AS week,
                from_team != to_team AS apart,
                arrayJoin(arrayDistinct([('', ''), (toString(from_team), toString(to_team)), (toString(to_team), toString(from_team))])) AS pair
            FROM learning.flow_rows
            WHERE from_team != '' AND to_team != ''
        )
        GROUP BY week, team
    ),
    bridges AS
    (
        SELECT week, arrayJoin(['', own]) AS team, uniqExact(person) AS brokers
        FROM
        (
            SELECT week, side.1 AS own, side.2 AS other, any(side.3) AS person
            FROM
            (
                SELECT
                    toMonday(day) AS week,
                    arrayJoin([(toString(from_team), toString(to_team), from_person), (toString(to_team), toString(from_team), to_person)]) AS side
                FROM learning.flow_rows
                WHERE from_team != '' AND to_team != '' AND from_team != to_team
            )
            GROUP BY week, own, other
            HAVING uniqExact(side.3) = 1
        )
        GROUP BY week, team
    )
SELECT
    n.week AS week,
    n.team AS team,
    k.people AS people,
    a.people AS isolates,
    k.flows AS flows,
    l.edges AS edges,
    if(k.people < 2, NULL, l.edges / (k.people * (k.people - 1))) AS density,
    if(l.edges = 0, NULL, l.returned / l.edges) AS reciprocity,
    if(c.flows = 0, NULL, c.across / c.flows) AS across,
    if(k.people < 3, NULL, (k.people * d.most - d.together) / ((k.people - 1) * (k.people - 2))) AS centralisation,
    b.brokers AS brokers
FROM (SELECT week, team FROM known UNION DISTINCT SELECT week, team FROM alone) AS n
LEFT JOIN known AS k ON k.week = n.week AND k.team = n.team
LEFT JOIN linked AS l ON l.week = n.week AND l.team = n.team
LEFT JOIN central AS d ON d.week = n.week AND d.team = n.team
LEFT JOIN alone AS a ON a.week = n.week AND a.team = n.team
LEFT JOIN crossing AS c ON c.week = n.week AND c.team = n.team
LEFT JOIN bridges AS b ON b.week = n.week AND b.team = n.team
