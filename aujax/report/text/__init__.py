"""What the report writes, tables and sentences, in whatever format."""
