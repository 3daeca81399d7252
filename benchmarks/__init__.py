"""What the program costs, beside what a user would use instead and beside what is possible at all."""
