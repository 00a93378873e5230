"""From the data as read to the rows that a spec uses."""
