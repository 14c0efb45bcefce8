-- Whom each table is about: nobody (none), a person by a pseudonym (pseudonym), or a person who can be known
-- from it (personal). A table made from now on says so where it is made; this is for those that are there.
-- What erases or exports a person goes by these lines (warehouse/schema.py); tests/warehouse/test_every_table.py
-- holds that none is forgotten. The comment is what the table is, for who looks at the warehouse.

-- identity: personal (records whole; passed through, kept nowhere)
ALTER TABLE lrs.records_in MODIFY COMMENT 'Where records of xapi.statements are inserted; each passes through the views.';

-- identity: personal (statements whole; passed through, kept nowhere)
ALTER TABLE lrs.lines_in MODIFY COMMENT 'Lines of records, read; passed on to the views.';

-- identity: personal (agents and activities; passed through, kept nowhere)
ALTER TABLE lrs.said_in MODIFY COMMENT 'What statements say of agents and activities; passed on to the views.';

-- identity: personal (the actor, and the statement whole)
ALTER TABLE lrs.statement_rows MODIFY COMMENT 'Accepted statements; of those with one id the first in position stays.';

-- identity: personal (unkeyed hashes of identifiers can be guessed)
ALTER TABLE lrs.statement_keys MODIFY COMMENT 'What statements are found by, in the order of positions.';

-- identity: personal (texts of tools may name somebody)
ALTER TABLE lrs.activity_definitions MODIFY COMMENT 'Definitions of activities as statements gave them.';

-- identity: personal (names and identifiers)
ALTER TABLE lrs.agent_names MODIFY COMMENT 'Names of agents as statements gave them.';

-- identity: none (ids of statements)
ALTER TABLE lrs.reference_rows MODIFY COMMENT 'Which statement refers to which.';

-- identity: none (ids of statements)
ALTER TABLE lrs.recent_references MODIFY COMMENT 'References of recent inserts: a work list.';

-- identity: none (ids of statements)
ALTER TABLE lrs.recent_ids MODIFY COMMENT 'Ids of recent inserts: a work list.';

-- identity: none (ids and digests of statements)
ALTER TABLE lrs.arrivals MODIFY COMMENT 'Every arrival of every id of the last 31 days.';

-- identity: none (ids of statements)
ALTER TABLE lrs.twins MODIFY COMMENT 'Ids that came more than once, with the position that stays.';

-- identity: none (ids of statements)
ALTER TABLE lrs.voids MODIFY COMMENT 'What each voiding statement undoes.';

-- identity: none (ids of statements)
ALTER TABLE lrs.own_voids MODIFY COMMENT 'Deliveries that a voiding statement undoes as its own.';

-- identity: personal (the line whole)
ALTER TABLE lrs.poison MODIFY COMMENT 'Lines that could not be read, for 31 days.';

-- identity: personal (the agent, and texts that a client wrote)
ALTER TABLE lrs.document_rows MODIFY COMMENT 'Documents of the State and profile resources.';

-- identity: pseudonym (account and counterpart; passed through, kept nowhere)
ALTER TABLE learning.events_in MODIFY COMMENT 'Where records of learning.events are inserted.';

-- identity: pseudonym (account and counterpart; passed through, kept nowhere)
ALTER TABLE learning.parsed_in MODIFY COMMENT 'Events, read; passed on to the views.';

-- identity: pseudonym (account and counterpart)
ALTER TABLE learning.fact_rows MODIFY COMMENT 'Facts: one row an event and delivery, and tombstones.';

-- identity: none (ids of statements)
ALTER TABLE learning.recent_ids MODIFY COMMENT 'Ids and times of recent facts: a work list.';

-- identity: personal (what was sent, whole)
ALTER TABLE learning.poison MODIFY COMMENT 'Messages that were no events, for 7 days.';

-- identity: pseudonym (the states that count people hold them)
ALTER TABLE learning.activity_day_rows MODIFY COMMENT 'The mart activity: its cells by day.';

-- identity: pseudonym (the states that count people hold them)
ALTER TABLE learning.activity_hour_rows MODIFY COMMENT 'The mart activity: cells by the hour of large days.';

-- identity: none (counts)
ALTER TABLE directory.load_rows MODIFY COMMENT 'Loads of people that are closed.';

-- identity: pseudonym (person, manager and accounts)
ALTER TABLE directory.person_rows MODIFY COMMENT 'People as each load names them.';

-- identity: personal (names, accounts and dates)
ALTER TABLE vault.person_rows MODIFY COMMENT 'People as each load names them, whole.';

-- identity: personal (identifiers)
ALTER TABLE vault.account_rows MODIFY COMMENT 'Which identifier each pseudonym stands for.';

-- identity: personal (what was sent, whole)
ALTER TABLE vault.rejected_rows MODIFY COMMENT 'What was refused, for 31 days.';

-- identity: none (counts)
ALTER TABLE kpi.load_rows MODIFY COMMENT 'Loads of figures that are closed.';

-- identity: none (figures of teams)
ALTER TABLE kpi.observation_rows MODIFY COMMENT 'Figures as each load gives them.';

-- identity: none (what the installation chose)
ALTER TABLE ops.setting_rows MODIFY COMMENT 'What the installation chose, and a fingerprint of its key.';

-- identity: none (ids)
ALTER TABLE ops.replayed_rows MODIFY COMMENT 'When what was refused was tried again.';

-- identity: personal (the text of an error quotes what it met)
ALTER TABLE ops.beat_rows MODIFY COMMENT 'What each part last said of itself.';

-- identity: none (positions in the log)
ALTER TABLE ops.frontier_rows MODIFY COMMENT 'Up to where each partition is surely stored.';

-- identity: none (hours)
ALTER TABLE ops.mark_rows MODIFY COMMENT 'Hours whose facts changed.';

-- identity: none (counts and places in the log)
ALTER TABLE ops.verification_rows MODIFY COMMENT 'What verifications found, for 180 days.';

-- identity: none (the schema)
ALTER TABLE ops.db_migrations MODIFY COMMENT 'Which migrations were applied: the book of clickhouse-migrations.';
