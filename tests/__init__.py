"""The tests of streamdialect."""
