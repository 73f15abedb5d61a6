"""What a node holds: when parts of reports came to it, and when its picture of each target became fresher."""
