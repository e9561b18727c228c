// One peer at one of its URLs, for one run; and what a step of a visit gives when it does not work.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/plan/observed.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/manifest/manifest.hpp"

namespace ingot::observe {

struct Visit {
  const PeerEntry& peer;
  const std::optional<Floor>& floor;  ///< what the caller knows; the files of `memory` may say a higher one
  Time now;
  const std::string& url;        ///< ends with "/"
  io::PeerTransport& transport;  ///< of this URL alone
  io::PeerMemory& memory;
  const std::function<void(const std::string& what)>& progress;

  const ServerId& id() const { return peer.card.id; }
};

/// Why a step did not work, judged as R19 says.
struct Failure {
  plan::Unknown unknown;
  std::string contradicting_head;  ///< of an equivocation: the envelope that was served
};

template <class Value>
using Tried = std::variant<Value, Failure>;

/// "unreachable": no connection, an HTTP error, an empty or cut body, an HTML page. `mend` ends `why`, if there is any.
Failure unreachable(const std::string& why, Code detail_code = Code::none, const std::string& mend = "");
/// A web page came as `path`.
Failure web_page(const Visit& visit, const std::string& path);
/// Something else than a file of ours came as `path`.
Failure not_ours(const Visit& visit, const std::string& path, const trust::NotOurs& other);
/// "untrusted": anything else that is not what was signed. The sentence gets the URL, and what to do about it.
Failure untrusted(const Visit& visit, const std::string& path, const trust::Distrust& distrust);
/// "expired": correctly signed, but past its time.
Failure past_its_time(const Visit& visit, const trust::Expired& expired, const plan::SeenHead& head);
/// The head or root that the transport could not get; its sentence names the URL already.
Failure not_got(const Visit& visit, const io::Response& response);

/// The higher of two floors, where there are any.
std::optional<Floor> higher(const std::optional<Floor>& one, const std::optional<Floor>& other);

plan::SeenHead seen_head(const Head& head, const Digest& digest, const std::string& url);

}  // namespace ingot::observe
