SELECT DISTINCT team FROM directory.memberships
