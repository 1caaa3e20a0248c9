"""Programs that interrupt each other on one CPU: torn records, lost ones, order, and how deep they nest."""
