-- Whether anything arrived: the newest event that may be shown, how many there are of this hour and the
-- last, how many the processors have stored, and how many are counted at all.
SELECT
    (SELECT max(time) FROM viewer.latest WHERE hour >= toStartOfHour(now()) - 3600) AS newest,
    (SELECT count() FROM viewer.latest WHERE hour >= toStartOfHour(now()) - 3600) AS recent,
    (SELECT max(value) FROM viewer.pipeline WHERE part = 'activity' AND metric = 'facts') AS facts,
    (SELECT max(value) FROM viewer.pipeline WHERE part = 'activity' AND metric = 'events') AS events
