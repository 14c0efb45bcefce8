-- Whether history is being counted anew, how far, and until when (times in UTC).
SELECT why, done, total, toString(began) AS began, toString(until) AS until, told FROM viewer.history
