-- Unbroken work on learning, one row a session of a person, on the day of its start. `path` has the behaviours in
-- order, repeats folded; `scaffolds` each scaffold once, as first come to.
-- identity: pseudonym (person)
CREATE OR REPLACE VIEW learning.sessions DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    id,
    day,
    person,
    resolved,
    team,
    tenure_band,
    start,
    end,
    events,
    tools,
    topics,
    path,
    scaffolds,
    searches,
    searches_without_find
FROM learning.session_rows
