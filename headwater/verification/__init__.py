"""`headwater verify`: is everything that Kafka holds in the warehouse, once, and counted?

The log is written once more into scratch tables that hang on copies of the warehouse's own views
(`scratch`), and each real table is compared with its copy, by partition and hour (`log`). Facts are
compared with the statements that they are made of (`facts`), roll-ups (`rollups`) and the other
marts (`marts`) with the facts.
Nothing here knows what a row should look like: the views, the classification and the roll-up's own
query say it.
"""
