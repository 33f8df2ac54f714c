"""Wiring: how a process is put together. Nothing below imports from here but `extensions` and `errors`."""
