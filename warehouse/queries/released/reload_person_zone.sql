SYSTEM RELOAD DICTIONARY released.person_zone
