"""Demo challenges of our own, and how they are loaded.

A challenge is a folder in `challenges`, named by its slug:

    challenge.toml                 everything but the texts; what it leaves out has its default
    statement.md
    tests/sample/NAME.in, NAME.ans   public tests (tests/secret: hidden ones)
    starter/main.LANGUAGE            starter code; the extension is the language's id
    solutions/VERDICT[-WHY].LANGUAGE programs, each named by the verdict that it deserves
"""
