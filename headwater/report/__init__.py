"""The report of a quarter: one HTML file, made of what viewers may read and of nothing else.

`findings` asks the published views, `sections` makes words and figures of the rows, `drawings`
pictures, `page` the file, `paper` a PDF of it (docs/report.md, docs/decisions/report.md).
"""
