"""From the files of trials, or of other systems, to the report's numbers."""
