CREATE QUOTA OR REPLACE $user FOR INTERVAL 1 day MAX written_bytes = $bytes TO $user
