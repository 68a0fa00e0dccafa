"""Parametric faces with known Action Units, filmed and coded.

Behaviour (what subjects show) and annotator (what is written down) draw
intensities; identity, capture and face render them; videos writes both in
DISFA's layout.
"""
