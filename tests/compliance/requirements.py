"""What the dialect can do, for SQLAlchemy's compliance suite: what SQLite has is open."""

from __future__ import annotations

from typing import Any

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

# What the suite takes to be absent unless told otherwise, and SQLite has.
_OPEN = """
aggregate_order_by autocommit boolean_col_expressions check_constraint_reflection computed_columns
computed_columns_reflect_persisted computed_columns_stored computed_columns_virtual create_table_as
create_temp_table_as ctes ctes_on_dml ctes_with_update_delete ctes_with_values date_historic datetime_historic
datetime_interval datetime_literals datetime_timezone dbapi_lastrowid delete_from
emulated_lastrowid except_ expression_server_defaults
fk_constraint_option_reflection_ondelete_noaction fk_constraint_option_reflection_ondelete_restrict
fk_constraint_option_reflection_onupdate_restrict float_or_double_precision_behaves_generically
foreign_key_constraint_name_reflection foreign_key_constraint_option_reflection_ondelete
foreign_key_constraint_option_reflection_onupdate has_temp_table index_ddl_if_exists indexes_with_expressions
infinity_floats inline_check_constraint_reflection intersect isolation_level json_type
legacy_unconditional_json_extract mod_operator_as_percent_sign non_updating_cascade nullsordering
nvarchar_types order_by_label_with_expression percent_schema_names precision_numerics_enotation_small
reflect_table_options reflects_pk_names regexp_match regexp_replace repeated_column_foreign_keys
repeated_remote_col_foreign_keys savepoints schemas server_defaults skip_autocommit_rollback standalone_binds
supports_bitwise_and supports_bitwise_not supports_bitwise_or supports_bitwise_shift supports_bitwise_xor
table_ddl_if_exists table_value_constructor temp_table_names temporary_views time_timezone
timestamp_microseconds timestamp_microseconds_implicit_bound tuple_in tuple_in_w_empty unicode_ddl update_from
views window_functions window_range window_range_numeric
""".split()  # noqa: SIM905

# What the suite takes to be there unless told otherwise, and SQLite does not have.
_CLOSED = """
implicitly_named_constraints
""".split()  # noqa: SIM905


class Requirements(SuiteRequirements):
    """Open what SQLite has."""

    def get_isolation_levels(self, config: Any) -> dict[str, Any]:
        """Name the default isolation level and all of them."""
        return {
            "default": "SERIALIZABLE",
            "supported": config.db.dialect.get_isolation_level_values(None),
        }


for _name in _OPEN:
    setattr(Requirements, _name, property(lambda self: exclusions.open()))  # type: ignore[no-untyped-call]
for _name in _CLOSED:
    setattr(Requirements, _name, property(lambda self: exclusions.closed()))  # type: ignore[no-untyped-call]
