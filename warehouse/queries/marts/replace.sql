ALTER TABLE $database.$table REPLACE PARTITION {period:String} FROM $database.$staging
