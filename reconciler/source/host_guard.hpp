// The guard of this host: /etc/ingot/guard.toml, which no merge can change, and the file that INGOT_GUARD names. The latter is no
// way round the former: beside it, it can only make things stricter. Where the former is missing, the latter counts alone.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "schema/manifest/guard.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::source {

/// The guard of nobody if there is neither file.
std::variant<Guard, Problems> host_guard();

/// Tells the parser what it needs of this host: the variables with secrets that the guard allows beside those that bear an
/// entry's name (none if the guard cannot be read, which host_guard tells), and the working folder.
void tell_of_this_host(ManifestFiles& files);

/// The files of allowed signers that count: those that guards name; the usual one, if it is there or if none is named.
std::vector<std::string> allowed_signers(const Guard& guard);

}  // namespace ingot::source
