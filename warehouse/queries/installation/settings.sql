SELECT name, value FROM ops.settings
