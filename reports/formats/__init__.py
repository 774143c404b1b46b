"""The formats of a report and its tables: PDF, Markdown, LaTeX, CSV."""
