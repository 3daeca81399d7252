"""The pipeline's own tables: models, migrations, sessions and leases."""
