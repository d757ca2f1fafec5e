"""The command line: `markbook …`. Each command reads settings, does one job, says what it did."""
