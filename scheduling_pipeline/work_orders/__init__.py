"""Work orders: when they are read from WorkFossa, what was read, and what changed since."""
