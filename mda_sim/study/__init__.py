"""Studies: many seeds and configurations, their output folder, and the processes that fill it."""
