-- What people ask and what became of it: a row each time that somebody asks (docs, mart `questions`). Latencies are
-- hours, and hours of working time (`HEADWATER_WORKING_DAYS`, `HEADWATER_WORKING_HOURS`, `HEADWATER_HOLIDAYS`) by the
-- asker's clocks: it is the asker who waits. An open question has no answer by somebody else, nor an accepted one.
-- identity: pseudonym (the asker and those who answer)
CREATE OR REPLACE VIEW learning.questions
(
    day Date COMMENT 'The day of the organisation on which it was asked',
    id UUID COMMENT 'The statement that asks',
    asked DateTime64(3, 'UTC') COMMENT 'When it was asked',
    asker UInt64 COMMENT 'Who asks: the person where known, else the account',
    team LowCardinality(String) COMMENT 'The team of the asker on that day; empty where nobody knows it',
    tenure_days Nullable(Int32) COMMENT 'How many days the asker was there on that day; NULL where nobody knows it',
    tenure_band LowCardinality(String) COMMENT 'The same in steps',
    tool LowCardinality(String) COMMENT 'Where it was asked',
    topic LowCardinality(String) COMMENT 'What it was about, as the organisation groups it',
    object String COMMENT 'What was asked, by its IRI',
    object_type LowCardinality(String) COMMENT 'The type of that',
    state String COMMENT 'open, answered (by somebody else) or accepted',
    answered Nullable(DateTime64(3, 'UTC')) COMMENT 'When somebody else answered first',
    answerer Nullable(UInt64) COMMENT 'Who answered first',
    accepted Nullable(DateTime64(3, 'UTC')) COMMENT 'When the answer that was accepted first was, whoever wrote it; some tools tell when it was accepted, others when it was written',
    accepted_answerer Nullable(UInt64) COMMENT 'Who wrote that',
    answering_team LowCardinality(String) COMMENT 'The team, on that day, of whoever wrote the accepted answer, else the first one',
    answers UInt32 COMMENT 'Answers by others',
    answerers UInt32 COMMENT 'Others who answered',
    answer_hours Nullable(Float64) COMMENT 'Hours from asking to the first answer',
    answer_working_hours Nullable(Float64) COMMENT 'The same in hours of working time by the clocks of the asker',
    accepted_hours Nullable(Float64) COMMENT 'Hours from asking to the accepted answer',
    accepted_working_hours Nullable(Float64) COMMENT 'The same in hours of working time by the clocks of the asker',
    open_hours Nullable(Float64) COMMENT 'Hours since an open question was asked',
    open_working_hours Nullable(Float64) COMMENT 'The same in hours of working time by the clocks of the asker'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
    (SELECT time_zone FROM viewer.settings) AS zone,
    (SELECT working_days FROM viewer.settings) AS days,
    (SELECT working_from FROM viewer.settings) AS from,
    (SELECT working_until FROM viewer.settings) AS until,
    (SELECT holidays FROM viewer.settings) AS holidays,
    -- What the clock on the asker's wall shows at a moment.
    at -> addSeconds(at, dictGetOrDefault('directory.zone_offset', 'seconds', tuple(asker_zone), toDateTime(at), timeZoneOffset(toTimeZone(at, zone)))) AS clock,
    -- Milliseconds of working time from the first Monday before 1970 until a clock on a wall shows a time.
    at -> (toInt64(intDiv(toUInt32(toDate(at)) + 3, 7)) * toInt64(length(days))
        + toInt64(arrayCount(day -> day <= (toUInt32(toDate(at)) + 3) % 7, days))
        - toInt64(arrayCount(day -> day < toDate(at), holidays))) * (until - from) * 1000
        + if(has(days, toUInt8((toUInt32(toDate(at)) + 3) % 7 + 1)) AND NOT has(holidays, toDate(at)),
            least(
                greatest(
                    (toInt64(toHour(at)) * 3600 + toMinute(at) * 60 + toSecond(at) - from) * 1000
                        + toUnixTimestamp64Milli(at) % 1000,
                    toInt64(0)),
                (until - from) * 1000),
            toInt64(0)) AS working,
    now64(3, 'UTC') AS present
SELECT
    day,
    id,
    asked,
    asker,
    team,
    tenure_days,
    tenure_band,
    tool,
    topic,
    object,
    object_type,
    multiIf(isNotNull(accepted), 'accepted', isNotNull(answered), 'answered', 'open') AS state,
    answered,
    answerer,
    accepted,
    accepted_answerer,
    if(isNotNull(accepted), accepted_team, answerer_team) AS answering_team,
    answers,
    answerers,
    if(isNull(answered), NULL, (toUnixTimestamp64Milli(ifNull(answered, asked)) - toUnixTimestamp64Milli(asked)) / 3600000) AS answer_hours,
    if(isNull(answered), NULL, greatest(working(answered_clock) - working(asked_clock), 0) / 3600000) AS answer_working_hours,
    if(isNull(accepted), NULL, (toUnixTimestamp64Milli(ifNull(accepted, asked)) - toUnixTimestamp64Milli(asked)) / 3600000) AS accepted_hours,
    if(isNull(accepted), NULL, greatest(working(accepted_clock) - working(asked_clock), 0) / 3600000) AS accepted_working_hours,
    if(state = 'open', greatest(toUnixTimestamp64Milli(present) - toUnixTimestamp64Milli(asked), 0) / 3600000, NULL) AS open_hours,
    if(state = 'open', greatest(working(present_clock) - working(asked_clock), 0) / 3600000, NULL) AS open_working_hours
FROM
(
    SELECT
        *,
        dictGetOrDefault('directory.person_zone', 'zone', asker, '') AS asker_zone,
        clock(asked) AS asked_clock,
        clock(ifNull(answered, asked)) AS answered_clock,
        clock(ifNull(accepted, asked)) AS accepted_clock,
        clock(present) AS present_clock
    FROM learning.question_rows
)
