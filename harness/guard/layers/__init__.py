"""The guard's layers, cheapest first: bits, structure, statistics."""
