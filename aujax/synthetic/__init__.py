"""Parametric faces with known Action Units."""
