// The next root of a server as its operator wants it: which keys come and go, and whether that may be. Pure; who signs it,
// and when it counts, is verify's question.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "reconciler/trust/keys.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::trust {

struct RoleChange {
  std::vector<PublicKey> add;
  std::vector<PublicKey> drop;
  std::optional<std::uint32_t> threshold;
};

struct RootChange {
  RoleChange root;
  RoleChange catalog;
  RoleChange release = {};        ///< the first key added makes every image need a signature; the last is never dropped
  std::vector<PublicKey> revoke;  ///< stolen: dropped from every role, and all heads of before are revoked (epoch + 1)
  Time expires;
};

/// Why there can be no such root.
struct ImpossibleRoot {
  std::string why;
  std::string mend;
};

std::variant<Root, ImpossibleRoot> next_root(const TrustedRoot& current, const RootChange& change);

/// Signs an envelope that may be signed by others; a key signs once. False: it has as many signatures as readers look at.
bool sign_too(Envelope& envelope, const PrivateKey& key);

/// How many of the signatures that it needs a next root has: those of the root before, and its own.
struct SignatureCount {
  std::size_t before = 0;
  std::size_t own = 0;
  bool complete(const Root& current, const Root& next) const {
    return before >= current.root.threshold && own >= next.root.threshold;
  }
};
SignatureCount count_signatures(const Envelope& envelope, const Root& current, const Root& next);

}  // namespace ingot::trust
