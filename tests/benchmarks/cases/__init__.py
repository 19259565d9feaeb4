"""What is measured: each module is a case, run in a process of its own with a task (tests/benchmarks/meter.py)."""
