-- A digest of what a dictionary holds now, whatever the tables say that it is filled from.
SELECT count(), groupBitXor(sipHash64(*)) FROM $database.$dictionary
