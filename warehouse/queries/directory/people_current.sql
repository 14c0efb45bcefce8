SELECT person_id, value FROM vault.people_current
