-- Most of what the busiest tables cost after an insert is merging it again and again with a few
-- neighbours. Merges of more parts at a time (10 instead of 5 of one size) rewrite each row less often,
-- for a few more parts to read. Not so the statements themselves: a page's texts are looked up in each
-- part, and twice as many parts cost a reader more than the merges cost the writer.
ALTER TABLE lrs.statement_keys MODIFY SETTING merge_selector_base = 10;
ALTER TABLE lrs.arrivals MODIFY SETTING merge_selector_base = 10;
ALTER TABLE lrs.recent_ids MODIFY SETTING merge_selector_base = 10;
ALTER TABLE learning.fact_rows MODIFY SETTING merge_selector_base = 10;
ALTER TABLE learning.recent_ids MODIFY SETTING merge_selector_base = 10;
