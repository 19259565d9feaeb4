"""Session settings that change how a statement is read.

Source: Amazon Redshift Database Developer Guide, "Configuration reference".
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from streamdialect.errors import NotSupportedError, ProgrammingError

__all__ = ["SETTING_NAMES", "Settings"]

_TRUE = frozenset({"on", "true", "yes", "1", "t"})
_FALSE = frozenset({"off", "false", "no", "0", "f"})

# Settings that Redshift has and whose other values would change results here: only these are allowed.
_FIXED = {
    "cast_super_null_on_error": True,
    "navigate_super_null_on_error": True,
    "parse_super_null_on_error": False,
    "timezone": "utc",
    "datestyle": "iso, mdy",
    "intervalstyle": "postgres",
    "interval_forbid_composite_literals": True,
    "search_path": "$user, public",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold the settings of a session; hashable, so it can be part of a cache key.

    ``compat`` is the profile ``?compat=redshift``: names in SUPER paths and quoted aliases fold to lower
    case unless one of the two other settings says otherwise. Without it, they are taken as written.
    """

    compat: bool = False
    enable_case_sensitive_identifier: bool = False
    enable_case_sensitive_super_attribute: bool = False
    json_parse_dedup_attributes: bool = False

    @property
    def keeps_quoted_case(self) -> bool:
        """Tell whether a quoted identifier keeps its case."""
        return not self.compat or self.enable_case_sensitive_identifier

    def attribute(self, name: str, quoted: bool) -> str:
        """Fold one attribute of a SUPER path (``query-super``, ``super-configurations``)."""
        if not self.compat or self.enable_case_sensitive_super_attribute:
            return name
        if self.enable_case_sensitive_identifier and quoted:
            return name
        return name.lower()

    def output_name(self, name: str, quoted: bool) -> str:
        """Fold an alias or column name as a result heading."""
        return name if quoted and self.keeps_quoted_case else name.lower()

    def with_value(self, name: str, value: str | None) -> Settings:
        """Change one setting as SET does; a value of None means DEFAULT.

        Raise ProgrammingError for an unknown name or a malformed value, NotSupportedError for a value
        that is Redshift's but has no effect here.
        """
        name = name.lower()
        if name in SETTING_NAMES:
            default = next(f.default for f in dataclasses.fields(self) if f.name == name)
            changed = bool(default) if value is None else _boolean(name, value)
            return dataclasses.replace(self, **{name: changed})
        if name in _FIXED:
            fixed = _FIXED[name]
            if value is None:
                return self
            same = _boolean(name, value) == fixed if isinstance(fixed, bool) else value.lower() == fixed
            if not same:
                raise NotSupportedError(f"SET {name} TO {value} is not supported")
            return self
        raise ProgrammingError(f'unrecognized configuration parameter "{name}"')

    def show(self, name: str) -> str:
        """Give a setting's value as SHOW prints it; raise ProgrammingError for an unknown name."""
        name = name.lower()
        value = getattr(self, name) if name in SETTING_NAMES else _FIXED.get(name)
        if value is None:
            raise ProgrammingError(f'unrecognized configuration parameter "{name}"')
        return ("on" if value else "off") if isinstance(value, bool) else str(value)


SETTING_NAMES = frozenset(f.name for f in dataclasses.fields(Settings)) - {"compat"}


def _boolean(name: str, value: str) -> bool:
    folded = value.strip().lower()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ProgrammingError(f'parameter "{name}" requires a Boolean value')
