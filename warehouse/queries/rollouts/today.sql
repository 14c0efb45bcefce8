-- Which day it is where the organisation is.
SELECT toDate32(toDate(now(), (SELECT time_zone FROM viewer.settings)))
