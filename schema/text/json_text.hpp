// JSON text by hand: what the writers of this folder append to a line. Output is the same on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/catalog/signature.hpp"
#include "schema/digest.hpp"

namespace ingot {

/// `text` as a JSON string: quotes, backslashes and control characters escaped, everything else as it is.
void append_text(std::string& line, std::string_view text);
void append_number(std::string& line, std::uint64_t number);
/// `"sha256:<hex>"` with the quotes.
void append_digest(std::string& line, const Digest& digest);
/// `[{"keyid":…,"sig":…}]`
void append_signatures(std::string& text, const std::vector<Signature>& signatures);
/// The same, or `null`.
std::string digest_or_null(const std::optional<Digest>& digest);

}  // namespace ingot
