-- Forgets keys that references inherited from a statement that lost since; what stays is written anew.
DELETE FROM lrs.statement_keys WHERE key IN {keys:Array(UInt64)} AND position IN {places:Array(UInt128)}
