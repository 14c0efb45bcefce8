-- A part is a dozen small files, and an insert makes a part in each table that it reaches: for small
-- inserts, creating and deleting files was a third of the cost. A part of up to 10 MiB is one file now
-- ("packed" storage); larger ones, and those written before, stay as they are.
ALTER TABLE lrs.statement_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.statement_keys MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.arrivals MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.recent_ids MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.activity_definitions MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.agent_names MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.reference_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.recent_references MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.twins MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.voids MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.poison MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE lrs.document_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE learning.fact_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE learning.recent_ids MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE learning.poison MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE learning.activity_day_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE learning.activity_hour_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE directory.load_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE directory.person_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE kpi.load_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE kpi.observation_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE ops.setting_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE ops.rejected_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE ops.replayed_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE ops.beat_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE ops.frontier_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE ops.mark_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE vault.account_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
ALTER TABLE vault.person_rows MODIFY SETTING min_bytes_for_full_part_storage = 10485760;
