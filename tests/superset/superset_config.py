"""Settings of the Superset under test. All else is Superset's default: its security settings above all."""

# SECRET_KEY comes from the environment (SUPERSET_SECRET_KEY), new for each run; the metadata database and all files
# are in SUPERSET_HOME.

# The limit of a query in SQL Lab, short enough to be waited for.
SQLLAB_TIMEOUT = 6
