-- Which of these ids have a fact, whatever its hour, with the position that it was made of.
SELECT toString(id), toString(position)
FROM learning.fact_rows FINAL
WHERE id IN {ids:Array(UUID)}
