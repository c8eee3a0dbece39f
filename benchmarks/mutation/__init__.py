"""Would the tests notice? mutmut's mutations of one module, each put into the running code before its tests.

mutmut's own runner leaves every decorated function alone, and so all of `manual`; its mutations are taken, and put into
the code of functions that exist already, in a forked process: nothing is imported or collected twice.
"""
