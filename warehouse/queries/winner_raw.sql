SELECT raw FROM lrs.statements WHERE id = {id:UUID}
