SYSTEM RELOAD DICTIONARY directory.zone_offset
