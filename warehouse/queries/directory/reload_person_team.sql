SYSTEM RELOAD DICTIONARY directory.person_team
