SELECT part, metric, value, at FROM viewer.pipeline
