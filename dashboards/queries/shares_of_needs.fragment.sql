sum(e.episodes) AS needs,
    round(100 * sumIf(e.episodes, furthest IN ('found', 'applied', 'shared')) / needs) AS found,
    round(100 * sumIf(e.episodes, furthest IN ('applied', 'shared')) / needs) AS applied,
    round(100 * sumIf(e.episodes, furthest = 'shared') / needs) AS shared,
    round(100 * sumIf(e.episodes, furthest = '') / needs) AS untold
