"""Places a call: by hand, by URI, later by SIP."""
