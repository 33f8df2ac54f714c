"""Socket.IO on /ws: the same operations as REST, and hints about what changed (B §8.15, E §4.2)."""
