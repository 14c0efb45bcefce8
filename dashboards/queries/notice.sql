-- One text that stands above every board: whether history is being counted anew, whose clock, whom it does not show,
-- whether people are real.
SELECT concat(
    ifNull((SELECT concat(told, ' ') FROM viewer.history), ''),
    if(synthetic, 'Synthetic data: this organisation and its people are made up. ', ''),
    'Days and weeks are those of ', time_zone, '. Groups of fewer than ', toString(minimum_group),
    ' people are not shown, and nobody is named who did not agree.') AS notice
FROM viewer.settings
