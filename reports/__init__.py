"""Statistics, tables, figures and documents, made from tidy data frames alone."""
