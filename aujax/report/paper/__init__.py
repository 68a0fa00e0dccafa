"""Figures for paper, at the width of a column."""
