// Whether a peer gets from this server's own URL what the server published last.
#pragma once

#include <optional>
#include <string>

#include "reconciler/io/net/transport.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::observe {

struct OwnUrl {
  std::string url;
  Code status = Code::none;      ///< "ok", "unreachable", "other"
  std::optional<Serial> serial;  ///< of the head that is served there, if it is one of this server
  std::string text;              ///< what is wrong and what to do; "" if nothing is
};

/// Asks for the head. nullopt: the manifest gives no URL, or nothing was published yet.
std::optional<OwnUrl> look_at_own_url(const site::Site& site, io::Transport& transport);

}  // namespace ingot::observe
