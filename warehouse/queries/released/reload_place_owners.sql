SYSTEM RELOAD DICTIONARY released.place_owners
