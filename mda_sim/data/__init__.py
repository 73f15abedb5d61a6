"""Data shipped with the program: the coastline and the catalogue, with sources and terms (LICENSES.md)."""
