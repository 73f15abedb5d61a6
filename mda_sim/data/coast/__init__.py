"""The coast: land polygons of East and South-East Asia, where they come from, and how to make them again."""
