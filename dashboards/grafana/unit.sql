SELECT arrayStringConcat(arrayFilter(part -> part != '', [
    toString(unit), transform(toString(direction), ['up', 'down'], ['higher is better', 'lower is better'], '')]), ', ')
FROM
(
$source
)
WHERE $variable = $${$variable:sqlstring}
