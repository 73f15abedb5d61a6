"""Traffic from AIS recordings: readers, cleaning, tracks, and the account of every row."""
