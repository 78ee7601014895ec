"""What fields demand of each other: rules that JSON Schema can say and Python's types cannot."""

from collections.abc import Mapping

_ONE_PROGRAM = {
    "oneOf": [{"required": ["source"]}, {"required": ["files"]}],
    "dependentRequired": {"entry_point": ["files"]},
}
_GROUPS = {
    "if": {"properties": {"scoring": {"const": "groups"}}, "required": ["scoring"]},
    "then": {"properties": {"groups": {"minItems": 1}}, "required": ["groups"]},
    "else": {"properties": {"groups": {"maxItems": 0}}},
}

RULES: Mapping[str, Mapping[str, object]] = {
    "SubmissionBody": _ONE_PROGRAM,
    "RunBody": _ONE_PROGRAM,
    "ChallengeBody": _GROUPS,
    "ChallengeReplacement": _GROUPS,
    "CustomChecker": _ONE_PROGRAM,
    "InteractorChecker": _ONE_PROGRAM,
    "FloatChecker": {"anyOf": [{"required": ["absolute"]}, {"required": ["relative"]}]},
}
"""By the name of the type; enforced by the core, written down here for clients."""
