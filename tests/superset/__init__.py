"""A real Superset: two web processes on a file that a third process fills, seen by REST and by Chromium."""
