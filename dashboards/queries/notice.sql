-- One text that stands above every board: whose clock, whom it does not show, whether people are real.
SELECT concat(
    if(synthetic, 'Synthetic data: this organisation and its people are made up. ', ''),
    'Days and weeks are those of ', time_zone, '. Groups of fewer than ', toString(minimum_group),
    ' people are not shown, and nobody is named.') AS notice
FROM viewer.settings
