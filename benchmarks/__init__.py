"""Side-by-side load tests: Markbook against the fastest CRUD service we could write."""
