"""Views as pure folds of events: one file a view, no SQL, no clock."""
