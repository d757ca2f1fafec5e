"""Pure rules: events, commands and decisions. No clock, no chance, no database, no HTTP."""
