"""What is written for a spreadsheet."""


def plain(cell: str) -> str:
    """A spreadsheet takes =, +, - and @ for the start of a formula: one could be planted."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
