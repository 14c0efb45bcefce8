-- How long newcomers need, the last quarter first.
SELECT
    concat(toString(toYear(p.cohort)), ', quarter ', toString(toQuarter(p.cohort))) AS cohort,
    people,
    median,
    low,
    high
FROM viewer.proficiency AS p
ORDER BY p.cohort DESC
