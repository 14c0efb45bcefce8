-- A closed load: what it announced, and what of it is there.
SELECT
    people,
    (SELECT uniqExact(person) FROM directory.person_rows WHERE load = {load:UUID})
        + (SELECT uniqExact(rule, account) FROM directory.link_rows WHERE load = {load:UUID})
        + (SELECT uniqExact(person) FROM directory.findable_rows WHERE load = {load:UUID})
        + (SELECT uniqExact(host, kind, place, from) FROM directory.owner_rows WHERE load = {load:UUID}) AS there
FROM directory.load_rows FINAL
WHERE load = {load:UUID}
