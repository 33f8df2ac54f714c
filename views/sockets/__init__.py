"""Socket.IO on /ws: the same operations as REST, and hints about what changed (B §8.15, E §4.2)."""


def register_sockets() -> None:
    """Put the handlers on the socket server; importing the module registers them once."""
    import views.sockets.handlers  # noqa: F401  (registers by being imported)
