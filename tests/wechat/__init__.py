"""WeChat as a channel, against a server that behaves as WeChat documents it."""
