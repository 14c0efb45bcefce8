DELETE FROM lrs.recent_references WHERE batch = 0
