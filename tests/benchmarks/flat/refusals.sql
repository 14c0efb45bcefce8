SELECT source, kind, rule, refused FROM viewer.refusals ORDER BY refused DESC LIMIT 50
