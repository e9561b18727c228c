// What PostgreSQL writes otherwise than SQLite. All SQL of this room is written once, as SQLite takes it; the differences stand
// here.
#pragma once

#include <string>
#include <string_view>

namespace ingot::state {

/// A statement: parameters ?1 become $1, and names that ignore case are compared by lower().
std::string postgres_query(std::string_view sql);

/// The text of tables.sql or of an upgrade: types, keys, and no STRICT. Texts sort by bytes (COLLATE "C"), as in SQLite.
std::string postgres_tables(std::string_view sql);

/// A text as a column of PostgreSQL can hold it, and back. It takes neither NUL nor what is no UTF-8, such as an odd path:
/// such a text is kept as U+F8FF and its bytes in hexadecimal.
bool fits_postgres(std::string_view text);
std::string to_postgres(std::string_view text);
/// Whether from_postgres would change it.
bool is_wrapped(std::string_view text);
std::string from_postgres(std::string_view text);

/// The schema of the server of that name. Error{manifest}: the name is too long for one.
std::string postgres_schema(std::string_view server);

}  // namespace ingot::state
