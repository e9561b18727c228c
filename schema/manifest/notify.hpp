// Who is told of a run, and of what: an entry [[notify]] of the manifest.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/manifest/problem.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot {

/// What a run may have been.
enum class Occasion {
  change,    ///< it did something
  failure,   ///< it ended with a failure, or leaves work blocked, held or unknown
  recovery,  ///< it ended well, for the first time since one failed
  latest,    ///< the latest image of a series became another one, or none
};
inline constexpr std::string_view occasion_words[]{"change", "failure", "recovery", "latest"};
constexpr std::string_view text_of(Occasion occasion) { return occasion_words[static_cast<std::size_t>(occasion)]; }

/// Exactly one of `command` and `url` is given.
struct NotifyEntry {
  std::vector<std::string> command{};  ///< a program by its path, and its arguments; never read by a shell
  std::optional<std::string> url{};    ///< of a webhook; may hold a secret, so it is never shown whole
  std::set<Occasion> on{};
  std::set<SeriesName> series{};          ///< whose new members are told of; with Occasion::latest, whose latest alone is
  std::optional<std::string> key_env{};   ///< the variable that holds the key by which a webhook's message is signed
  std::optional<std::string> key_file{};  ///< the file that holds it; not with key_env
  std::optional<std::string> ca_file{};   ///< path; certificates to trust for the webhook
  Seconds timeout{30};                    ///< 1s-300s: of a command, or of one attempt
  At at{};
  bool operator==(const NotifyEntry&) const = default;
};

}  // namespace ingot
