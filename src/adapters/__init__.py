"""Everything that touches the world: the store, files, HTTP, the clock, the command line."""
