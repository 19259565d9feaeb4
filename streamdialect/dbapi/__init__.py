"""PEP 249 over a narrow interface to whatever keeps the views."""
