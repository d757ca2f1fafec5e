"""Two example exams and their manifest, for `markbook demo`: every question type there is."""
