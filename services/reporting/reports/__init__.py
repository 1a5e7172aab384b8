"""Reports: definitions as data, the function that makes a report from one, and the published report."""
