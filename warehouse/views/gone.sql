-- Views and dictionaries that are no more, one line each: DROP VIEW IF EXISTS database.name;
-- A view whose file is removed without a line here stays in warehouses that have it.
DROP VIEW IF EXISTS viewer.activity_days;
DROP VIEW IF EXISTS viewer.tenure_people;
DROP VIEW IF EXISTS ops.others;
