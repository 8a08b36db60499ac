"""dsar: answers data subject requests on time, and can prove it."""

__version__ = "0.1.0"
