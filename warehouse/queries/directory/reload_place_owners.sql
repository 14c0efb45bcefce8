SYSTEM RELOAD DICTIONARY directory.place_owners
