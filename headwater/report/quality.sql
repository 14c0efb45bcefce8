-- What of the events is not classified and what is of accounts that nobody is known for, in percent, in the mean and at
-- most of the weeks, and in how many weeks that is told.
SELECT
    avgOrNull(q.unclassified) AS unclassified, maxOrNull(q.unclassified) AS most_unclassified,
    avgOrNull(q.unresolved) AS unresolved, maxOrNull(q.unresolved) AS most_unresolved,
    count() AS weeks
FROM viewer.quality AS q
WHERE week >= {first:Date} AND week <= {last:Date}
