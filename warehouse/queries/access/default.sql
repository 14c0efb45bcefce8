ALTER USER $user IDENTIFIED WITH sha256_hash BY '$digest' SALT '$salt'
DEFAULT ROLE $role
SETTINGS readonly = 2
