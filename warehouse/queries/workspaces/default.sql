ALTER USER $user IDENTIFIED WITH sha256_hash BY '$digest' SALT '$salt'
DEFAULT ROLE $user
DEFAULT DATABASE $database
