"""The exercises of the course, a file a lesson: `check`, `hint` and `solution` for each."""
