"""Measurements that print a table; they are run by hand, never by a test."""
