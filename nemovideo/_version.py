"""The one place that says which version this is, and what requests are marked with."""

__version__ = "0.1.0"

USER_AGENT = f"nemovideo-python/{__version__}"
