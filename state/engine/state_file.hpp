// The state as a file among files: what it must look like before SQLite may touch it, and how a new one appears whole.
#pragma once

#include <cstdint>
#include <string>

namespace ingot::state {

/// Throws Error{local} unless `path` is a regular file with one name and not empty.
void check_state_file(const std::string& path);

/// Whether this process may write both the file and its folder (a read-only disk: no).
bool can_write_beside(const std::string& path);

/// Whether a log of SQLite with something in it lies beside `path`: what was committed may be in there alone.
bool has_log(const std::string& path);

/// Bytes of the file; 0 if it cannot be looked at.
std::uint64_t file_size(const std::string& path);

/// Makes an empty file, mode 0600 whatever the umask. Error{local} if something has that name.
void make_private_file(const std::string& path);

/// All that was committed is in the file itself, and nothing of SQLite's stays beside it. Nobody may have it open.
/// Error{local}: SQLite could not bring the log into it.
void require_no_log(const std::string& path);

/// A finished file and its name stay, whatever happens to the machine. Error{local}.
void make_durable(const std::string& path);

/// Gives a finished file its name, never over another, and makes both durable. Error{local}.
void publish_file(const std::string& from, const std::string& to);

/// Removes a file and what SQLite keeps beside it; not there = fine.
void remove_database(const std::string& path) noexcept;

}  // namespace ingot::state
