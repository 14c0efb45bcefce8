-- Whether anything arrived: the newest time of which something is shown, how many such cells there are of this
-- hour and the last, how many events the processors have stored, how many are shown, whether any is counted.
SELECT
    (SELECT max(start) FROM viewer.activity WHERE week >= toMonday(today() - 1)) AS newest,
    (SELECT count() FROM viewer.activity WHERE week >= toMonday(today() - 1) AND start >= toStartOfHour(now()) - 3600) AS recent,
    (SELECT max(value) FROM viewer.pipeline WHERE part = 'activity' AND metric = 'facts') AS facts,
    (SELECT max(value) FROM viewer.pipeline WHERE part = 'activity' AND metric = 'events') AS events,
    (SELECT max(value) FROM viewer.pipeline WHERE part = 'activity' AND metric = 'any') AS anything
