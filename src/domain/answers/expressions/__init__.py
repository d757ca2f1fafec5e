"""Mathematical expressions as people type them: characters, tokens, tree, reading and meaning."""
