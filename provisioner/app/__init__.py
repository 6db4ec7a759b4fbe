"""The composed jobs: plan, apply, drift, explain, import, doctor. The only place where all rooms meet."""
