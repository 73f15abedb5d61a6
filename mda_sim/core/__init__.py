"""Foundations without a word of the domain: draws, kernels, tables, specs, errors, units, times."""
