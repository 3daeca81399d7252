"""The datasets that come with the pipeline: a new one is a declaration here and a test file."""
