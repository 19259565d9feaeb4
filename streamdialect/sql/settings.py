"""Session settings: those that change how a statement is read, and those that cannot matter here.

Source: Amazon Redshift Database Developer Guide, "Configuration reference" (``cm_chap_ConfigurationRef``).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from streamdialect.errors import NotSupportedError, ProgrammingError

__all__ = ["SETTING_NAMES", "Settings", "described"]

_TRUE = frozenset({"on", "true", "yes", "1", "t"})
_FALSE = frozenset({"off", "false", "no", "0", "f"})

# Settings whose other values would change results here: name -> what SHOW prints, and other spellings of it.
_FIXED: dict[str, tuple[str, ...]] = {
    "datestyle": ("ISO, MDY", "iso"),
    "describe_field_name_in_uppercase": ("off",),
    "downcase_delimited_identifier": ("on",),
    "enable_large_strings_opt_in": ("off",),
    "enable_numeric_rounding": ("off",),
    "error_on_nondeterministic_update": ("off",),
    "extra_float_digits": ("0",),
    "interval_forbid_composite_literals": ("on",),
    "intervalstyle": ("postgres",),
    "parse_super_null_on_error": ("off",),
    "search_path": ("$user, public", "public"),
    "timezone": ("UTC", "gmt", "etc/utc", "etc/gmt"),
}
# Settings of queues, statistics, logs, and of data outside of the database: name -> the default. No answer
# depends on them here, so any value is taken, and SHOW gives it back.
_INERT = {
    "analyze_threshold_percent": "10",
    "datashare_break_glass_session_var": "",
    "default_geometry_encoding": "1",
    "enable_result_cache_for_session": "on",
    "enable_spectrum_oid": "on",
    "enable_vacuum_boost": "off",
    "json_serialization_enable": "off",
    "json_serialization_parse_nested_strings": "off",
    "max_concurrency_scaling_clusters": "1",
    "max_cursor_result_set_size": "0",
    "mv_enable_aqmv_for_session": "on",
    "pg_federation_repeatable_read": "on",
    "query_group": "default",
    "spectrum_enable_pseudo_columns": "on",
    "spectrum_query_maxerror": "-1",
    "statement_timeout": "0",
    "stored_proc_log_min_messages": "LOG",
    "use_fips_ssl": "off",
    "wlm_query_slot_count": "1",
}
_HINTS = {
    "downcase_delimited_identifier": "SET enable_case_sensitive_identifier TO true keeps quoted names as they are.",
    "seed": "RANDOM cannot be made to repeat its numbers.",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold the settings of a session; hashable, so it can be part of a cache key.

    ``compat`` is the profile ``?compat=redshift``: names in SUPER paths and quoted aliases fold to lower
    case unless one of the two other settings says otherwise. Without it, they are taken as written.
    ``others`` holds the values of settings that no translation depends on, and of context variables.
    """

    compat: bool = False
    cast_super_null_on_error: bool = True
    default_array_search_null_handling: bool = True
    enable_case_sensitive_identifier: bool = False
    enable_case_sensitive_super_attribute: bool = False
    json_parse_dedup_attributes: bool = False
    json_parse_truncate_strings: bool = False
    navigate_super_null_on_error: bool = True
    others: tuple[tuple[str, str], ...] = dataclasses.field(default=(), compare=False)

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

        Raise NotSupportedError for an unknown name and for a value that is Redshift's but is not carried out
        here, ProgrammingError for a malformed value.
        """
        name = name.lower()
        if name in SETTING_NAMES:
            default = next(f.default for f in dataclasses.fields(self) if f.name == name)
            changed: Any = default if value is None else _boolean(name, value)
            return dataclasses.replace(self, **{name: changed})
        if name in _INERT or _is_variable(name):
            others = dict(self.others)
            others.pop(name, None)
            if value is not None:
                others[name] = value
            return dataclasses.replace(self, others=tuple(sorted(others.items())))
        if name in _FIXED:
            if value is not None and not _is_same(value, _FIXED[name]):
                raise NotSupportedError(f"SET {name} TO {value} is not supported", hint=_HINTS.get(name))
            return self
        if name in _HINTS:
            raise NotSupportedError(f"SET {name} is not supported", hint=_HINTS[name])
        raise _unrecognized(name)

    def show(self, name: str) -> str:
        """Give a setting's value as SHOW prints it; raise NotSupportedError for an unknown name."""
        name = name.lower()
        if name in SETTING_NAMES:
            return "on" if getattr(self, name) else "off"
        if name in _FIXED:
            return _FIXED[name][0]
        value = dict(self.others).get(name, _INERT.get(name))
        if value is None:
            raise _unrecognized(name)
        return value

    def show_all(self) -> list[tuple[str, str]]:
        """Give every setting with its value, by name, as SHOW ALL lists them."""
        names = {*SETTING_NAMES, *_FIXED, *_INERT, *(name for name, _ in self.others)}
        return [(name, self.show(name)) for name in sorted(names)]


SETTING_NAMES = frozenset(f.name for f in dataclasses.fields(Settings)) - {"compat", "others"}


def described() -> list[tuple[str, str, str]]:
    """List every setting for the manual: its name, the values it takes, its default."""
    default = Settings()
    found = [(name, "on, off", default.show(name)) for name in SETTING_NAMES]
    found += [(name, f"only {default.show(name)}", default.show(name)) for name in _FIXED]
    found += [(name, "any: no answer depends on it here", default.show(name)) for name in _INERT]
    return sorted(found)


def _unrecognized(name: str) -> NotSupportedError:
    # Redshift's text; the class says that it may be one which Redshift has and this package does not know.
    return NotSupportedError(f'unrecognized configuration parameter "{name}"')


def _is_variable(name: str) -> bool:
    """Tell whether it is a session context variable, whose name has two parts (``r_SET``)."""
    parts = name.split(".")
    return len(parts) == 2 and all(parts)


def _is_same(value: str, spellings: tuple[str, ...]) -> bool:
    folded = "".join(value.lower().split())
    if spellings[0] in ("on", "off") and folded in _TRUE | _FALSE:
        return (folded in _TRUE) == (spellings[0] == "on")
    return folded in {"".join(spelling.lower().split()) for spelling in spellings}


def _boolean(name: str, value: str) -> bool:
    folded = value.strip().lower()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ProgrammingError(f'parameter "{name}" requires a Boolean value')
