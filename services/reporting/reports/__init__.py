"""Reports: definitions as data, one function that makes a report of one, and the report as it is published."""
