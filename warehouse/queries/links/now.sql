-- The last Monday whose week is over, where the organisation is.
SELECT toDate32(toMonday(toDate(now(), (SELECT time_zone FROM viewer.settings))) - 7)
