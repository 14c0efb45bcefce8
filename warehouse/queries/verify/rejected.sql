-- Which of these refusals are kept.
SELECT toString(id) FROM ops.rejected WHERE id IN {ids:Array(UUID)}
