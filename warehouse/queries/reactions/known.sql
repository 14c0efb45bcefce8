-- Which of these reactions were raised before.
SELECT DISTINCT toString(id) FROM ops.reaction_rows WHERE id IN {ids:Array(UUID)}
