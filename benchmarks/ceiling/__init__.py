"""The ceiling: a CRUD service with the same routes, nothing but what an autosave needs."""
