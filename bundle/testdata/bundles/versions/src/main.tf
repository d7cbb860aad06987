# The module of a test bundle: nothing runs it.
