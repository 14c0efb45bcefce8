-- The facts as analysts read them.
SELECT * FROM learning.activity ORDER BY ALL
