    SELECT
        e.day AS day,
        if(part = 'thanked', e.counterpart_person, e.person) AS person,
        e.topic AS topic,
        part
    FROM
    (
        SELECT
            day,
            person,
            counterpart_person,
            topic,
            multiIf(
                verb = 'http://adlnet.gov/expapi/verbs/answered' AND ifNull(success, false), 'accepted',
                verb IN ('http://id.tincanapi.com/verb/reviewed', 'http://activitystrea.ms/approve'), 'reviewed',
                behaviour = 'help', if(counterpart_person = person, '', 'helped'),
                behaviour = 'record', 'recorded',
                behaviour = 'reinforce' AND counterpart_person NOT IN (0, person), 'thanked',
                '') AS part
        FROM $events
        WHERE time >= toDateTime64(toDate32(arrayMin($days)) - 1, 3, 'UTC')
            AND time < toDateTime64(toDate32(arrayMax($days)) + 2, 3, 'UTC')
            AND day IN $days
            AND topic != ''
            AND behaviour != 'ask'
            AND scaffold NOT IN ('none', 'formal')
    ) AS e
    WHERE part != '' AND if(part = 'thanked', e.counterpart_person, e.person) != 0
