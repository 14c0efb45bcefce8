-- What is kept under a name of what the installation chose and did; no row where nothing is.
SELECT value FROM ops.setting_rows FINAL WHERE name = {setting:String}
