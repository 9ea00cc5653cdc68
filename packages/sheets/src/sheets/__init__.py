"""Excel and CSV in and out: limits before parsing, formula-safe cells, streaming, two-phase imports."""
