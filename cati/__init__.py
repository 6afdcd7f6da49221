"""cati: telephone interviews with people who agreed to be asked, and the promise made to them."""

__version__ = "0.1.0"
