ALTER TABLE $database.$table MOVE PARTITION {period:String} TO TABLE $database.$staging
