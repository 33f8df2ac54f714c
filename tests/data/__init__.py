"""Tables that tests walk over."""
