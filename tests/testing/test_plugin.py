"""The fixtures of streamdialect.testing.plugin, used as its users do."""
