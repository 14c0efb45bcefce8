"""Figures that are asked for: a declared query of a database, of Prometheus, or a sheet by its
address (`[[pull]]` of kpis.toml) → a table, which is read by the rules of a file of figures."""
