"""Simulator of maritime domain awareness and data sharing."""
