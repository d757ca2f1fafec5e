"""An append-only log of events: streams, atomic appends, a gap-free position. Knows no domain."""
