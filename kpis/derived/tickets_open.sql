-- Tickets that were open at a week's end, by the team of who answered first, then or later. Tickets that nobody answered
-- yet are nobody's. It ends with the week of the newest signal of any ticket, of which it says what was open last.
-- unit: tickets
-- direction: down
-- grain: week
WITH (SELECT toMonday(max(day)) FROM work.signals WHERE kind = 'ticket') AS newest
SELECT
    first_answer.2 AS team,
    arrayJoin(arrayFlatten(arrayMap(
        (act, until) -> if(act.3, arrayMap(n -> act.2 + 7 * n, range(toUInt32(intDiv(until - act.2, 7)))), []),
        acts,
        arrayPushBack(arrayPopFront(acts.2), newest + 7)))) AS period,
    toFloat64(count()) AS value,
    count() AS n,
    uniqExactIf(first_answer.1, first_answer.1 != 0) AS people
FROM
(
    SELECT
        argMinIf((person, team), time, happened = 'answered') AS first_answer,
        -- (when, its week, whether the ticket is open then)
        arraySort(act -> (act.1, NOT act.3), groupArrayIf((time, toMonday(day), happened != 'closed'), happened IN ('opened', 'reopened', 'closed'))) AS acts
    FROM work.signals
    WHERE kind = 'ticket'
    GROUP BY item
    HAVING first_answer.2 != ''
)
GROUP BY team, period
