GRANT $role TO $user
