"""The notes' experiments, one a file. Each is run once, and gives both what is judged and what is drawn.

What an experiment's docstring states was stated before it was run; the report shows it word for word.
"""
