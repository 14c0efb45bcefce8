SYSTEM RELOAD DICTIONARY released.person_team
