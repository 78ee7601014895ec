"""What is wrong with a setting."""


class BadSetting(Exception):
    """A setting that cannot be used; its text is one clear line."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")
        self.name = name
