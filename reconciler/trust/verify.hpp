// The rules of trust, free of I/O: is an envelope signed by enough of a role's keys, is a root the one that is pinned,
// may this head be accepted after what was accepted before (trust-and-faults, 2.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/catalog/catalog.hpp"
#include "schema/catalog/floor.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/code.hpp"

namespace ingot::trust {

/// Why something is not trusted.
struct Distrust {
  /// "not-a-head", "not-a-root", "bad-signature", "malformed", "wrong-server", "wrong-epoch", "bad-root", "broken-chain",
  /// "rollback", "stale", "equivocation", "jump", "from-the-future", "clock-behind", "root-expired"; observing adds "vanished",
  /// "identity-changed", "bad-digest" …
  Code code = Code::none;
  std::string why;  ///< a sentence for the operator, with the numbers
};
/// Correctly signed, but past its time.
struct Expired {
  Time since;
  std::string why;
};
/// What came is no ingot file at all (HTML, nothing): counts as unreachable (R19).
struct NotOurs {
  std::string why;
  bool web_page = false;
};

/// A root that was verified.
struct TrustedRoot {
  Root root;
  Digest digest;  ///< of its payload: what the next root names as its previous one
};

/// The distinct keys of `role` with a valid signature, counted by key bytes; none of an envelope with more signatures than
/// anybody looks at (16).
std::vector<PublicKey> signers_of(const Role& role, const Envelope& envelope);
/// They reach the threshold.
bool signed_by(const Role& role, const Envelope& envelope);

/// Enough release keys have signed this very image: these bytes, kind and type, under this name, as its origin's.
bool is_released(const Role& release, const ImageEntry& entry);

/// The first root: its payload's digest is the pinned one, and it is signed by its own keys.
std::variant<TrustedRoot, Distrust, NotOurs> verify_first_root(std::string_view envelope, const ServerId& pinned);
/// Root N+1: version exactly one more, signed by both the old and the new root role, epoch not lower, and made for root N
/// itself ("broken-chain": it names another one as its previous). It may be over already: a reader that was away for long
/// passes through it.
std::variant<TrustedRoot, Distrust, NotOurs> verify_next_root(std::string_view envelope, const TrustedRoot& current);
/// Whether the newest root that there is has passed its time; nothing that it says counts then ("root-expired").
std::optional<Distrust> root_expired(const Root& root, Time now);

/// The signed head for `id`, against the newest root: type, signature, and only then the same bytes parsed, identity,
/// epoch. Not time, not the floor. "wrong-epoch" and "bad-signature" may mean that there is a newer root.
std::variant<Head, Distrust, NotOurs> verify_head(std::string_view envelope, const ServerId& id, const Root& root);

/// What tells two heads apart: the sha256 of the signed payload. Whoever carries a head may change what is not signed, the
/// envelope and the list of signatures, and must not make two heads of one. nullopt: no envelope.
std::optional<Digest> head_digest(std::string_view envelope);

/// What a head says, whoever signed it; nullopt: it is none.
std::optional<Head> unverified_head(std::string_view envelope);

/// Whether a verified head may follow what was accepted: epoch, serial, equivocation, jump, clock.
/// `digest` is the head's. nullopt: it may. "stale" is no distrust of the peer: an older head of the same epoch, which is not
/// used. A head with a higher serial may have been issued before the one that was accepted, if that one's time lies in the
/// future (is_ahead): a clock was wrong then.
std::optional<Distrust> may_follow(const Head& head, const Digest& digest, const std::optional<Floor>& floor, Time now);
/// Whether what was accepted was issued later than it is now, by more than clock_slack.
bool is_ahead(const std::optional<Floor>& floor, Time now);
/// Past its time (`max_age` replaces what the head says, counted from `issued`, both ways).
std::optional<Expired> expired(const Head& head, std::optional<Seconds> max_age, Time now);

/// A clock that differs by no more than this is not an error.
inline constexpr Seconds clock_slack = std::chrono::minutes(10);

/// What an envelope's payload is, for equality and floors.
ServerId id_of_root(std::string_view root_payload);

}  // namespace ingot::trust
