"""The SQLite file: connections, catalog, checkpoints, the lease, and the virtual tables."""
