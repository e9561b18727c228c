#include "reconciler/trust/verify.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "reconciler/trust/keys.hpp"
#include "schema/catalog/release.hpp"
#include "schema/text/text.hpp"

namespace ingot::trust {

namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Whether JSON that began as an object never came to its end.
bool is_cut_off(std::string_view text) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_text && (c == '}' || c == ']') && --depth == 0) {
      return false;
    }
  }
  return true;
}

/// What a broken server or a portal in between sends in place of the file (R19: unreachable); nullopt if it is not that.
std::optional<NotOurs> not_ours(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const std::size_t start = bytes.find_first_not_of(blanks);
  if (start == std::string_view::npos) return NotOurs{"the answer is empty"};
  if (bytes[start] == '<') return NotOurs{"the answer is a web page, not an ingot file", true};
  if (bytes[start] == '{' && is_cut_off(bytes.substr(start))) return NotOurs{"the answer is cut off"};
  return std::nullopt;
}

using Opened = std::variant<Envelope, Distrust, NotOurs>;

/// The envelope, if it says that it holds `payload_type`; `otherwise`: what it is distrusted for if not.
Opened open(std::string_view bytes, std::string_view payload_type, std::string_view what, Code otherwise) {
  auto parsed = parse_envelope(bytes);
  if (const auto* malformed = std::get_if<Malformed>(&parsed)) {
    if (auto other = not_ours(bytes)) return *std::move(other);
    return Distrust{otherwise, fmt::format("the {} is not a signed envelope: it {}", what, malformed->why)};
  }
  auto& envelope = std::get<Envelope>(parsed);
  if (envelope.payload_type != payload_type) {
    return Distrust{otherwise,
                    fmt::format("the envelope holds {}, not {}", excerpt(envelope.payload_type), excerpt(payload_type))};
  }
  return std::move(envelope);
}

Distrust bad_signature(std::string_view what, const Role& role) {
  return {Code::bad_signature,
          fmt::format("the {} is not signed by {} of the {} keys that may sign it", what, role.threshold, role.keys.size())};
}

Distrust malformed(std::string_view what, const Malformed& malformed) {
  return {Code::malformed, fmt::format("the {} is signed, but it is malformed: {}", what, malformed.why)};
}

/// A role whose threshold the usable keys can meet.
bool is_sound(const Role& role) {
  const auto usable = std::count_if(role.keys.begin(), role.keys.end(), is_usable);
  return usable == static_cast<std::ptrdiff_t>(role.keys.size());
}

std::variant<Root, Distrust> read_root_payload(const Envelope& envelope) {
  auto parsed = parse_root(envelope.payload);
  if (const auto* why = std::get_if<Malformed>(&parsed)) return malformed("root", *why);
  auto& root = std::get<Root>(parsed);
  if (!is_sound(root.root) || !is_sound(root.catalog) || (root.release && !is_sound(*root.release)))
    return Distrust{Code::bad_root, "the root names a key that is unsafe (of small order)"};
  return std::move(root);
}

/// Why `next` may not follow `current`, but for the signatures.
std::optional<Distrust> why_not_next(const Root& next, const TrustedRoot& current) {
  const Root& before = current.root;
  if (next.version != before.version + 1) {
    return Distrust{Code::bad_root,
                    fmt::format("root {} was served where root {} must follow", next.version, before.version + 1)};
  }
  if (next.previous != current.digest) {
    return Distrust{Code::broken_chain, fmt::format("root {} was made for another root {} than the one that is known: {}, not {}",
                                                    next.version, before.version, next.previous->text(), current.digest.text())};
  }
  if (next.epoch < before.epoch) {
    return Distrust{Code::rollback, fmt::format("root {} goes back from epoch {} to {}", next.version, before.epoch, next.epoch)};
  }
  return std::nullopt;
}

}  // namespace

ServerId id_of_root(std::string_view root_payload) { return ServerId{fingerprint(root_payload)}; }

std::vector<PublicKey> signers_of(const Role& role, const Envelope& envelope) {
  std::vector<PublicKey> signers;
  if (envelope.signatures.size() > most_signatures) return signers;
  const std::string bytes = signed_bytes(envelope.payload_type, envelope.payload);
  for (const PublicKey& key : role.keys) {
    if (std::count(signers.begin(), signers.end(), key) > 0) continue;
    const bool holds = std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                                   [&](const Signature& signature) { return signature_holds(key, bytes, signature.bytes); });
    if (holds) signers.push_back(key);
  }
  return signers;
}

bool signed_by(const Role& role, const Envelope& envelope) {
  return role.threshold > 0 && signers_of(role, envelope).size() >= role.threshold;
}

bool is_released(const Role& release, const ImageEntry& entry) {
  if (entry.release.empty()) return false;
  return signed_by(release, {.payload_type = std::string(release_payload_type),
                             .payload = write_release(release_of(entry)),
                             .signatures = entry.release});
}

std::variant<TrustedRoot, Distrust, NotOurs> verify_first_root(std::string_view envelope, const ServerId& pinned) {
  auto opened = open(envelope, root_payload_type, "root", Code::not_a_root);
  if (auto* why = std::get_if<Distrust>(&opened)) return std::move(*why);
  if (auto* other = std::get_if<NotOurs>(&opened)) return std::move(*other);
  const auto& whole = std::get<Envelope>(opened);
  if (const ServerId served = id_of_root(whole.payload); served != pinned) {
    return Distrust{Code::wrong_server,
                    fmt::format("it is the server {}, not {} as the card says", served.text(), pinned.text())};
  }
  auto parsed = read_root_payload(whole);
  if (auto* why = std::get_if<Distrust>(&parsed)) return std::move(*why);
  auto& root = std::get<Root>(parsed);
  if (!signed_by(root.root, whole)) return bad_signature("root", root.root);
  if (root.version != 1) return Distrust{Code::bad_root, fmt::format("the first root has version {}, not 1", root.version)};
  return TrustedRoot{std::move(root), pinned.root};
}

std::variant<TrustedRoot, Distrust, NotOurs> verify_next_root(std::string_view envelope, const TrustedRoot& current) {
  auto opened = open(envelope, root_payload_type, "root", Code::not_a_root);
  if (auto* why = std::get_if<Distrust>(&opened)) return std::move(*why);
  if (auto* other = std::get_if<NotOurs>(&opened)) return std::move(*other);
  const auto& whole = std::get<Envelope>(opened);
  if (!signed_by(current.root.root, whole)) return bad_signature("next root", current.root.root);
  auto parsed = read_root_payload(whole);
  if (auto* why = std::get_if<Distrust>(&parsed)) return std::move(*why);
  auto& root = std::get<Root>(parsed);
  if (auto why = why_not_next(root, current)) return *std::move(why);
  if (!signed_by(root.root, whole)) return bad_signature("next root", root.root);
  return TrustedRoot{std::move(root), fingerprint(whole.payload)};
}

std::optional<Distrust> root_expired(const Root& root, Time now) {
  if (now < root.expires) return std::nullopt;
  return Distrust{Code::root_expired, fmt::format("its root {} expired at {}, and there is no newer one; its owner must renew it",
                                                  root.version, time_text(root.expires))};
}

std::variant<Head, Distrust, NotOurs> verify_head(std::string_view envelope, const ServerId& id, const Root& root) {
  auto opened = open(envelope, head_payload_type, "head", Code::not_a_head);
  if (auto* why = std::get_if<Distrust>(&opened)) return std::move(*why);
  if (auto* other = std::get_if<NotOurs>(&opened)) return std::move(*other);
  const auto& whole = std::get<Envelope>(opened);
  if (!signed_by(root.catalog, whole)) return bad_signature("head", root.catalog);
  auto parsed = parse_head(whole.payload);
  if (const auto* why = std::get_if<Malformed>(&parsed)) return malformed("head", *why);
  auto& head = std::get<Head>(parsed);
  if (head.id != id)
    return Distrust{Code::wrong_server, fmt::format("the head is of the server {}, not {}", head.id.text(), id.text())};
  if (head.epoch != root.epoch) {
    return Distrust{Code::wrong_epoch,
                    fmt::format("the head has epoch {}, but root {} says {}", head.epoch, root.version, root.epoch)};
  }
  return std::move(head);
}

std::optional<Digest> head_digest(std::string_view envelope) {
  const auto parsed = parse_envelope(envelope);
  const auto* const good = std::get_if<Envelope>(&parsed);
  return good ? std::optional(fingerprint(good->payload)) : std::nullopt;
}

std::optional<Head> unverified_head(std::string_view envelope) {
  const auto parsed = parse_envelope(envelope);
  const auto* const good = std::get_if<Envelope>(&parsed);
  if (!good) return std::nullopt;
  auto head = parse_head(good->payload);
  if (!std::holds_alternative<Head>(head)) return std::nullopt;
  return std::get<Head>(std::move(head));
}

std::optional<Distrust> may_follow(const Head& head, const Digest& digest, const std::optional<Floor>& floor, Time now) {
  if (head.issued > now + clock_slack) {
    if (!is_ahead(floor, now)) {
      return Distrust{Code::from_the_future,
                      fmt::format("the head was issued at {}, but it is {} here", time_text(head.issued), time_text(now))};
    }
    return Distrust{Code::clock_behind,
                    fmt::format("this machine's clock says {}, but a head issued at {} was accepted before; set the clock",
                                time_text(now), time_text(floor->issued))};
  }
  if (!floor) return std::nullopt;
  if (head.epoch < floor->epoch)
    return Distrust{Code::rollback, fmt::format("rollback of the epoch {}->{}", floor->epoch, head.epoch)};
  if (head.epoch == floor->epoch && head.serial == floor->serial) {
    if (digest == floor->head) return std::nullopt;
    return Distrust{Code::equivocation, fmt::format("two different heads have the serial {}: {} and {}", head.serial,
                                                    floor->head.text(), digest.text())};
  }
  if (head.epoch == floor->epoch && head.serial < floor->serial)
    return Distrust{Code::stale, fmt::format("it serves serial {}, but serial {} was seen before", head.serial, floor->serial)};
  if (head.serial <= floor->serial) return Distrust{Code::rollback, fmt::format("rollback {}->{}", floor->serial, head.serial)};
  if (head.serial - floor->serial > largest_jump) {
    return Distrust{Code::jump, fmt::format("the serial jumps from {} to {}, by more than 2^32", floor->serial, head.serial)};
  }
  return std::nullopt;
}

bool is_ahead(const std::optional<Floor>& floor, Time now) { return floor && now + clock_slack < floor->issued; }

std::optional<Expired> expired(const Head& head, std::optional<Seconds> max_age, Time now) {
  const Time end = max_age ? head.issued + *max_age : head.expires;
  if (now < end) return std::nullopt;
  const std::string_view whose = max_age ? "max_age here" : "its own word";
  return Expired{end, fmt::format("the head {} of {} expired at {} by {}; no newer one was published, or it is withheld",
                                  head.serial, time_text(head.issued), time_text(end), whose)};
}

}  // namespace ingot::trust
