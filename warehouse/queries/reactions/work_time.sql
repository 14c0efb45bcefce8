-- When the organisation works: its zone, its days from Monday, 1, on, seconds since midnight, and holidays among its days.
SELECT time_zone, working_days, working_from, working_until, holidays FROM viewer.settings
