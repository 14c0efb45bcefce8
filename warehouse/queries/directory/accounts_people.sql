SELECT account, person FROM directory.accounts
