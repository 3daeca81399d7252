"""Software-defined assets: one module a flow, thin glue from resources to domain."""
