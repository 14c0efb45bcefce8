-- What holds of each person, and whether it is a no by the command.
SELECT person_id, findable, withdrawn FROM vault.findable
