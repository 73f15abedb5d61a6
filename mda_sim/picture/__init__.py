"""What a node holds: when reports came to it, and when its picture of each target became fresher."""
