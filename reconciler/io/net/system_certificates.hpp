// Where a system keeps the certificates of the authorities that it trusts.
#pragma once

#include <string>

namespace ingot::io {

/// The file with the authorities that this system trusts. "" if it is where Debian has it, because the libraries look there, or
/// if it is in no known place. Below `root`, for tests.
std::string certificates_elsewhere(const std::string& root = "");

}  // namespace ingot::io
