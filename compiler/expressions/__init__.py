"""Expressions over the columns of a table: functions, types, values."""
