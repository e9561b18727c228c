#include "reconciler/trust/next_root.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace ingot::trust {

namespace {

using Changed = std::variant<Role, ImpossibleRoot>;

std::optional<ImpossibleRoot> why_not(const RoleChange& change, const Role& role, std::string_view name) {
  for (const PublicKey& key : change.add) {
    if (holds(role.keys, key)) return ImpossibleRoot{fmt::format("{} is a {} key already", key_text(key), name), "leave it out"};
    if (!is_usable(key))
      return ImpossibleRoot{fmt::format("{} is an unsafe key (of small order)", key_text(key)),
                            "make another with \"ingot key make FILE\""};
  }
  for (const PublicKey& key : change.drop) {
    if (!holds(role.keys, key)) return ImpossibleRoot{fmt::format("{} is no {} key", key_text(key), name), "see: ingot key show"};
  }
  return std::nullopt;
}

/// A role whose threshold can be met, and has to be.
std::optional<ImpossibleRoot> why_unsound(const Role& role, std::string_view name) {
  if (role.keys.empty())
    return ImpossibleRoot{fmt::format("no {} key would remain", name), fmt::format("add one with --add-{} KEY", name)};
  if (role.keys.size() > most_keys)
    return ImpossibleRoot{fmt::format("{} {} keys are more than a root may name ({})", role.keys.size(), name, most_keys),
                          "drop some"};
  if (role.threshold == 0 || role.threshold > role.keys.size()) {
    return ImpossibleRoot{
        fmt::format("{} of {} {} keys cannot sign", role.threshold, role.keys.size(), name),
        fmt::format("add keys with --add-{0} KEY, or say --{0}-threshold N, from 1 to the number of keys", name)};
  }
  return std::nullopt;
}

Changed changed(Role role, const RoleChange& change, const std::vector<PublicKey>& revoked, std::string_view name) {
  if (auto why = why_not(change, role, name)) return *std::move(why);
  for (const PublicKey& key : change.add) {
    if (holds(revoked, key))
      return ImpossibleRoot{fmt::format("{} would be revoked and a {} key again", key_text(key), name),
                            "make another with \"ingot key make FILE\""};
  }
  std::erase_if(role.keys, [&](const PublicKey& key) { return holds(change.drop, key) || holds(revoked, key); });
  for (const PublicKey& key : change.add) {
    if (!holds(role.keys, key)) role.keys.push_back(key);
  }
  role.threshold = change.threshold.value_or(role.threshold);
  if (auto why = why_unsound(role, name)) return *std::move(why);
  return role;
}

}  // namespace

std::variant<Root, ImpossibleRoot> next_root(const TrustedRoot& current, const RootChange& change) {
  Root next = current.root;
  for (const PublicKey& key : change.revoke) {
    if (!names(next, key)) {
      return ImpossibleRoot{fmt::format("root {} names no key {}", next.version, key_text(key)), "see: ingot key show"};
    }
  }
  Changed root = changed(next.root, change.root, change.revoke, "root");
  if (auto* why = std::get_if<ImpossibleRoot>(&root)) return std::move(*why);
  Changed catalog = changed(next.catalog, change.catalog, change.revoke, "catalog");
  if (auto* why = std::get_if<ImpossibleRoot>(&catalog)) return std::move(*why);
  if (next.release || !change.release.add.empty()) {
    Changed release = changed(next.release.value_or(Role{.threshold = 1, .keys = {}}), change.release, change.revoke, "release");
    if (auto* why = std::get_if<ImpossibleRoot>(&release)) return std::move(*why);
    next.release = std::get<Role>(std::move(release));
  } else if (!change.release.drop.empty() || change.release.threshold) {
    return ImpossibleRoot{fmt::format("root {} names no release key", next.version), "name the first with --add-release KEY"};
  }
  next.version = current.root.version + 1;
  next.epoch = current.root.epoch + (change.revoke.empty() ? 0 : 1);
  next.expires = change.expires;
  next.root = std::get<Role>(std::move(root));
  next.catalog = std::get<Role>(std::move(catalog));
  next.previous = current.digest;
  return next;
}

bool sign_too(Envelope& envelope, const PrivateKey& key) {
  const std::string signature = key.sign(signed_bytes(envelope.payload_type, envelope.payload));
  const bool signed_before = std::any_of(envelope.signatures.begin(), envelope.signatures.end(),
                                         [&](const Signature& one) { return one.bytes == signature; });
  if (signed_before) return true;
  if (envelope.signatures.size() >= most_signatures) return false;
  envelope.signatures.push_back({.key_id = key_id(key.public_key()), .bytes = signature});
  return true;
}

SignatureCount count_signatures(const Envelope& envelope, const Root& current, const Root& next) {
  return {.before = signers_of(current.root, envelope).size(), .own = signers_of(next.root, envelope).size()};
}

}  // namespace ingot::trust
