SYSTEM RELOAD DICTIONARY directory.person_start
