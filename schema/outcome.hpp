// What became of one action.
#pragma once

#include <string>
#include <variant>

#include "schema/code.hpp"

namespace ingot {

struct Done {
  std::string how = {};  ///< how an image came: "by 1 delta from db19_23, 212 MB fetched"; "" of all else
  bool operator==(const Done&) const = default;
};
struct Failed {
  Code code = Code::none;  ///< "unreachable", "untrusted", "no-space", "io", "digest-mismatch", "source-missing" …
  std::string text;
  bool operator==(const Failed&) const = default;
};
struct Skipped {
  std::string why;        ///< "interrupted", "depends on \"…\"", which failed
  bool deferred = false;  ///< past a limit: no failure, a later run goes on with it
  bool in_vain = false;   ///< it was begun, and nothing of it was done
  bool operator==(const Skipped&) const = default;
};
using Outcome = std::variant<Done, Failed, Skipped>;

/// No failure: a later run goes on with it.
inline bool is_deferred(const Outcome& outcome) {
  const auto* skipped = std::get_if<Skipped>(&outcome);
  return skipped != nullptr && skipped->deferred;
}

}  // namespace ingot
