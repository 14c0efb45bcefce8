SYSTEM RELOAD DICTIONARY released.person_start
