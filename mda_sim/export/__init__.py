"""Results in the formats that other programs read: plain content in, one writer a format.

``content`` says what there is to write; each other module writes one format and knows nothing of runs.
Where next: ``study.export`` opens a run and calls the writers.
"""
