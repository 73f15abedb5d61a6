"""Sharing: labels, agreements, gates, nodes, desks and links, and the exchange that runs them.

The modules here hold specs and pure rules and load nothing heavy; ``exchange`` is the engine, the only room
that knows SimPy.
"""
