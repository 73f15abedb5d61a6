"""For all tests: an example may take as long as it takes, since the first may compile a kernel."""

from hypothesis import settings

settings.register_profile("mda_sim", deadline=None)
settings.load_profile("mda_sim")
