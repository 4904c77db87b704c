"""The service's endpoint families, one thin method for each call."""
