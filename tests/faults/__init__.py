"""Every call that ingest makes of its libraries and of the system fails once, with each error it may raise."""
