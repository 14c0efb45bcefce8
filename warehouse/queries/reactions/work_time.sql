-- When the organisation works: its zone, its days from Monday, 1, on, and seconds since midnight.
SELECT time_zone, working_days, working_from, working_until FROM viewer.settings
