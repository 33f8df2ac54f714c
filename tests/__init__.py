"""The tests, and the private servers they run against."""
