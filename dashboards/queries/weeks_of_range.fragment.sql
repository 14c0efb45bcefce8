week >= toMonday(toDate({from:DateTime}, zone)) AND week <= toDate({until:DateTime} - 1, zone)
