"""Faces in pictures: where they are, and cut out upright at one size.

It runs before training, on whole frames; training never imports it. mtcnn
finds faces and five landmarks of each, align cuts them out by these.
"""
