"""The Earth: the sphere, regions on it, and its coast."""
