"""Is this answer right, how much of it, and why: pure functions (B-26 to B-39)."""
