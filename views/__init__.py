"""Faces, thin: load through `visible_to`, call an operation, dump."""
