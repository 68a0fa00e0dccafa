"""A trained model on pictures and videos: a row for every face of a frame."""
