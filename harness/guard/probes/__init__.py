"""Short computations whose numbers are compared: ten steps, and a search of a few seconds."""
