"""The records that a verification hands on: frozen dataclasses of plain numbers and strings, and nothing else.

Reports are made from these alone, so whatever a report shows stands in one of them.
"""
