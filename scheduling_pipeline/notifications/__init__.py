"""What people are told: how runs ended, and what changed in their work orders; in which words, and once."""
