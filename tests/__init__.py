"""The tests; a package, lest one that a library installs be taken for it."""
