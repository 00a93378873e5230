"""The arguments of each command, as Typer reads them."""
