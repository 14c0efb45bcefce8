SYSTEM RELOAD DICTIONARY directory.person_zone
