#: How far back the history of the synthetic organisation reaches: seven months.
HISTORY_DAYS = 217
