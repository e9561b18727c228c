#include "reconciler/observe/read_head.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/observe/fetch_piece.hpp"
#include "reconciler/observe/follow_roots.hpp"
#include "schema/root.hpp"

namespace ingot {

namespace {

using Status = Response::Status;

constexpr const char* head_path = "head.dsse";

/// Another root may be the reason why a head does not verify.
bool may_be_of_a_newer_root(const Distrust& distrust) {
  return distrust.code == "bad-signature" || distrust.code == "wrong-epoch";
}

struct VerifiedHead {
  Head head;
  TrustedRoot root;
};

/// The newest root before `newest`, and not before `lowest`, that the head verifies under, of those that were followed and kept.
std::optional<TrustedRoot> older_root_of(const Visit& visit, const std::string& bytes, const TrustedRoot& newest,
                                         std::uint64_t lowest) {
  std::optional<TrustedRoot> found;
  std::optional<TrustedRoot> at;
  for (std::uint64_t version = 1; version < newest.root.version; ++version) {
    const auto kept = visit.memory.root(visit.id(), version);
    if (!kept) return std::nullopt;
    auto verified = at ? verify_next_root(*kept, *at) : verify_first_root(*kept, visit.id());
    if (!std::holds_alternative<TrustedRoot>(verified)) return std::nullopt;
    at = std::get<TrustedRoot>(std::move(verified));
    if (version >= lowest && std::holds_alternative<Head>(verify_head(bytes, visit.id(), at->root))) found = at;
  }
  return found;
}

/// A head that the newest root does not let through, but one before it does: between a new root and the head under it there
/// is an instant, or a publisher that died. It is taken for nothing, but it is no attack either, unless the new root
/// revoked keys: then it may be by a stolen one.
Failure not_of_newest(const Visit& visit, const std::string& bytes, const TrustedRoot& newest, std::uint64_t lowest,
                      const Failure& otherwise) {
  const auto older = older_root_of(visit, bytes, newest, lowest);
  if (!older || older->root.epoch != newest.root.epoch) return otherwise;
  return unreachable(fmt::format("{}{}: it is signed under root {}, and root {} has come; the publisher may be at work",
                                 visit.url, head_path, older->root.version, newest.root.version));
}

/// The head against one root; a head that does not verify may be signed under a newer one. Roots before `lowest` count no more.
Tried<VerifiedHead> verify(const Visit& visit, const std::string& bytes, const TrustedRoot& root, std::uint64_t lowest) {
  auto verified = verify_head(bytes, visit.id(), root.root);
  if (const auto* other = std::get_if<NotOurs>(&verified)) return not_ours(visit, head_path, *other);
  if (auto* head = std::get_if<Head>(&verified)) return VerifiedHead{std::move(*head), root};
  const Distrust distrust = std::get<Distrust>(std::move(verified));
  const Failure failure = untrusted(visit, head_path, distrust);
  if (!may_be_of_a_newer_root(distrust)) return failure;
  const auto newer = newer_root(visit, root);
  if (const auto* not_had = std::get_if<Failure>(&newer)) return *not_had;  // nothing is said of a head whose root is not known
  const TrustedRoot& newest = std::get<TrustedRoot>(newer);
  auto again = verify_head(bytes, visit.id(), newest.root);
  if (auto* head = std::get_if<Head>(&again)) return VerifiedHead{std::move(*head), newest};
  return not_of_newest(visit, bytes, newest, lowest, failure);
}

/// Root and head that belong together: newer roots are asked for only when the head names one, one was accepted before
/// (`lowest`; the cache may have been removed since), or the known one is over.
Tried<VerifiedHead> verify_with_newest_root(const Visit& visit, const std::string& bytes, const TrustedRoot& known,
                                            std::uint64_t lowest) {
  auto first = verify(visit, bytes, known, lowest);
  if (std::holds_alternative<Failure>(first)) return first;
  auto [head, root] = std::get<VerifiedHead>(std::move(first));
  const bool over = root_expired(root.root, visit.now).has_value();
  const std::uint64_t wanted = std::max(head.root_version, lowest);
  if (over || wanted > root.root.version) {
    auto newer = newer_root(visit, root, over ? UINT64_MAX : wanted);
    if (auto* failure = std::get_if<Failure>(&newer)) return std::move(*failure);
    root = std::get<TrustedRoot>(std::move(newer));
    const std::uint64_t newest = root.root.version;
    if (newest < lowest) {
      return untrusted(visit, head_path,
                       {"rollback", fmt::format("rollback of the root {}->{}: root {} was accepted before, and it is not there",
                                                lowest, newest, lowest)});
    }
    if (newest < head.root_version) {
      return unreachable(fmt::format("{}{}: it names root {}, which is not there; the publisher may be at work", visit.url,
                                     head_path, head.root_version));
    }
    auto again = verify_head(bytes, visit.id(), root.root);
    if (const auto* distrust = std::get_if<Distrust>(&again)) return untrusted(visit, head_path, *distrust);
  }
  if (const auto distrust = root_expired(root.root, visit.now)) return untrusted(visit, head_path, *distrust);
  return VerifiedHead{std::move(head), std::move(root)};
}

Failure may_not_follow(const Visit& visit, const Distrust& distrust, const std::string& bytes) {
  Failure failure = untrusted(visit, head_path, distrust);
  if (distrust.code == "equivocation") failure.contradicting_head = bytes;
  return failure;
}

Tried<GoodHead> judge(const Visit& visit, CachedHead served, const TrustedRoot& known) {
  const auto floor = higher(visit.floor, visit.memory.floor(visit.id()));
  auto verified = verify_with_newest_root(visit, served.bytes, known, floor ? floor->root_version : 1);
  if (auto* failure = std::get_if<Failure>(&verified)) return std::move(*failure);
  auto [head, root] = std::get<VerifiedHead>(std::move(verified));
  const Digest digest = head_digest(served.bytes).value();  // it verified
  if (const auto distrust = may_follow(head, digest, floor, visit.now)) return may_not_follow(visit, *distrust, served.bytes);
  SeenHead seen = seen_head(head, digest, visit.url);
  seen.root_version = root.root.version;
  seen.root_expires = root.root.expires;
  visit.memory.raise_floor({.id = head.id,
                            .epoch = head.epoch,
                            .serial = head.serial,
                            .head = digest,
                            .root_version = seen.root_version,
                            .issued = head.issued},
                           served.bytes);
  if (const auto over = expired(head, visit.peer.max_age, visit.now)) return past_its_time(visit, *over, seen);
  return GoodHead{.head = std::move(head),
                  .seen = std::move(seen),
                  .release = std::move(root.root.release),
                  .served = std::move(served),
                  .cached = false};
}

Fetched fetch_head(const Visit& visit, const CachedHead* cached) {
  Request request;
  request.path = head_path;
  request.at_most = largest_head;
  request.no_cache = true;
  if (cached != nullptr) {
    request.if_none_match = cached->etag;
    request.if_modified_since = cached->last_modified;
  }
  return fetch(visit.transport, request);
}

Tried<GoodHead> judge_plain(const Visit& visit, Fetched fetched, const TrustedRoot& root) {
  const Response& response = fetched.response;
  if (response.status == Status::oversize) {
    if (response.web_page) return web_page(visit, head_path);
    return untrusted(visit, head_path,
                     {"not-a-head", fmt::format("it is longer than the {} bytes that a head may be", largest_head)});
  }
  if (response.status != Status::ok) return not_got(response);
  CachedHead served{.bytes = std::move(fetched.body),
                    .url = visit.url,
                    .etag = response.etag,
                    .last_modified = response.last_modified,
                    .fetched = visit.now};
  return judge(visit, std::move(served), root);
}

}  // namespace

std::optional<KeptHead> kept_head(PeerMemory& memory, const ServerId& id) {
  auto file = memory.head(id);
  if (!file) return std::nullopt;
  auto head = unverified_head(file->bytes);
  if (!head || head->id != id) return std::nullopt;
  SeenHead seen = seen_head(*head, head_digest(file->bytes).value(), file->url);
  return KeptHead{*std::move(head), std::move(seen), *std::move(file)};
}

Tried<GoodHead> read_head(const Visit& visit, AskFor what) {
  auto known = known_root(visit);
  if (auto* failure = std::get_if<Failure>(&known)) return std::move(*failure);
  const TrustedRoot root = std::get<TrustedRoot>(std::move(known));

  auto cached = what == AskFor::news ? visit.memory.head(visit.id()) : std::nullopt;
  if (cached && cached->url != visit.url) cached.reset();
  Fetched fetched = fetch_head(visit, cached ? &*cached : nullptr);
  if (fetched.response.status != Status::not_modified) return judge_plain(visit, std::move(fetched), root);
  if (cached) {
    auto judged = judge(visit, *std::move(cached), root);
    if (auto* good = std::get_if<GoodHead>(&judged)) {
      good->cached = true;
      return judged;
    }
  }
  return judge_plain(visit, fetch_head(visit, nullptr), root);  // a 304 is no proof: what is served must stand by itself
}

}  // namespace ingot
