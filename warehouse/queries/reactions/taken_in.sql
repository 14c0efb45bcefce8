-- Up to when a mart has taken in all that changed, in Unix milliseconds: the oldest change that it has yet to take in.
SELECT toUnixTimestamp64Milli(min(at)) FROM ops.dirty_waiting WHERE mart IN {marts:Array(String)} HAVING count() > 0
