-- What happened to work items, as analysts read it.
SELECT * FROM work.signals ORDER BY ALL
