SYSTEM RELOAD DICTIONARY released.team_size
