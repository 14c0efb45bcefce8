-- Whether a voiding statement undoes an id; the statement itself may still be on its way.
SELECT 1 FROM lrs.voided WHERE id = {id:UUID} LIMIT 1
