-- What is known of owners of places.
SELECT host, kind, place, from, team FROM directory.owners
