// The guard of this host: /etc/ingot/guard.toml, which no merge can change, and the file that INGOT_GUARD names. The latter is no
// way round the former: every file that there is counts, and each can only make things stricter.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "schema/manifest/guard.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::source {

/// The guard of nobody if there is neither file.
std::variant<Guard, Problems> host_guard();

/// The variables with secrets that this host allows beside those that bear an entry's name; none if its guard cannot be read,
/// which host_guard tells.
std::vector<std::string> allowed_variables();
/// Absolute; "" if it is gone.
std::string working_folder();

/// The files of allowed signers that count: those that guards name; the usual one, if it is there or if none is named.
std::vector<std::string> allowed_signers(const Guard& guard);

}  // namespace ingot::source
