DROP TABLE lrs.statement_rows_before SYNC
