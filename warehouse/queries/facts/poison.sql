SELECT value FROM learning.poison WHERE batch = {batch:UInt64}
