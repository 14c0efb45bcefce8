SYSTEM RELOAD DICTIONARY directory.team_size
