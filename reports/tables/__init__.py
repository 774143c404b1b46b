"""Tables for print and for machines: of our results, beside published ones, against controls."""
