"""The pages and JSON routes of the review desk: one module for each subject, each with its `router`."""
