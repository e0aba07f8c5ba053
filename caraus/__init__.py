"""Cărăuș: every RO e-Transport notification in which you are the carrier, by itself."""

__version__ = "0.1.0"
