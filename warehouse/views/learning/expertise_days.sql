-- What each person did on each day that shows that they know a topic, and what that is worth (`points`): 3 an accepted
-- answer, 2 a help, 2 a recording, 1 a review, 1 for thanks. The score as of a date is the sum of points × 2^(-days/90).
-- identity: pseudonym (person)
CREATE OR REPLACE VIEW learning.expertise_days
(
    day Date COMMENT 'By the organisation''s clock',
    person UInt64 COMMENT 'Who knows: the person where known, else the account',
    topic LowCardinality(String) COMMENT 'What it was about, as the organisation groups it',
    helped UInt32 COMMENT 'Help to others, answers too: 2 points each',
    accepted UInt32 COMMENT 'Answers that were accepted, beside the help that they were: 3 points each',
    recorded UInt32 COMMENT 'Pages, answers and other knowledge written down: 2 points each',
    reviewed UInt32 COMMENT 'Reviews and approvals of work: 1 point each',
    thanked UInt32 COMMENT 'Thanks from others: 1 point each',
    points UInt64 COMMENT 'All of them together'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    person,
    topic,
    helped,
    accepted,
    recorded,
    reviewed,
    thanked,
    2 * helped + 3 * accepted + 2 * recorded + reviewed + thanked AS points
FROM learning.expertise_rows
