"""The content of a report, page by page, before it takes any format."""
