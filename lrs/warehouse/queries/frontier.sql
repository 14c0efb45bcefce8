-- The moment before which every stored statement can be read: the least confirmed append time over
-- the topic's partitions; the beginning of time while a partition has not been heard of.
SELECT if(count() >= {partitions:UInt32}, min(confirmed), toDateTime64(0, 3, 'UTC')) AS frontier
FROM ops.frontier
