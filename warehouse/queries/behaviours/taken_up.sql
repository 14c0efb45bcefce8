-- That a worker goes by these rules: it said so after they were put in force.
SELECT value
FROM ops.beat_rows FINAL
WHERE part = 'classified' AND metric = 'rules' AND value = {version:UInt64}
