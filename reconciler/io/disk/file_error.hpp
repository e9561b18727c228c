// What a failed operation on a file becomes: an Error{local} that names the path, says why and how to mend it.
#pragma once

#include <string>
#include <string_view>

#include "schema/error.hpp"

namespace ingot::io {

/// `doing` is a verb phrase ("write", "rename \"a\" to"); `error` an errno value.
Error file_error(std::string_view doing, const std::string& path, int error);

/// Whether an error of a file operation came of a full disk or an exhausted quota.
bool is_no_space(const Error& error);

/// Whether it came of a disk that reports errors.
bool is_disk_fault(const Error& error);

/// strerror, thread-safe: "No such file or directory".
std::string errno_text(int error);

}  // namespace ingot::io
