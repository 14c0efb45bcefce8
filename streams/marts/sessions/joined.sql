    joined AS
    (
        -- Which session an event is of, of those in `spaced` (`at` in milliseconds, `own` its day): what is unbroken is
        -- known by its person and beginning (`begun`), and is on a day (`session`). `first` is 1 where no event of the
        -- person's is within the gap before.
        SELECT
            *,
            max(if(first, at, 0)) OVER (PARTITION BY person ORDER BY at ASC, position ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS begun,
            toDate(fromUnixTimestamp64Milli(begun), zone) AS begun_on,
            if(own <= begun_on + 1, begun_on, own) AS session
        FROM
        (
            SELECT
                *,
                lagInFrame(at, 1, -1) OVER (PARTITION BY person ORDER BY at ASC, position ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before,
                before < 0 OR at - before > gap AS first
            FROM spaced
        )
    ),
