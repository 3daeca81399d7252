"""What the desk itself keeps in the database: it checks a change, makes it and records who made it."""
