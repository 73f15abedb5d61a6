"""How much, how fresh, how late: figures of each nation's picture, and how configurations differ."""
