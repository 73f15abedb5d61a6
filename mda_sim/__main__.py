"""``python -m mda_sim`` is the command ``mda-sim``."""

from mda_sim.cli import main

if __name__ == "__main__":
    main()
