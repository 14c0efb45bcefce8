SELECT minimum_group FROM viewer.settings
