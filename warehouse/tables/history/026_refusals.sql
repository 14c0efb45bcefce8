-- What was refused in the last week, by who sent it and by the rule. The LRS lists refusals and counts the
-- rest (lrs/api/refusals.py): a row of its has the count in its headers. No text that was sent is here.
CREATE VIEW viewer.refusals DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    source,
    kind,
    if(startsWith(source, 'lrs:'), headers['rule'], '') AS rule,
    sum(if(startsWith(source, 'lrs:') AND headers['count'] != '', toUInt64OrZero(headers['count']), 1)) AS refused,
    max(at) AS latest
FROM vault.rejected
WHERE at > now() - INTERVAL 7 DAY
GROUP BY source, kind, rule;
