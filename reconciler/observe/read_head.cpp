#include "reconciler/observe/read_head.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/fetch_piece.hpp"
#include "reconciler/observe/follow_roots.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::observe {

namespace {

using Status = io::Response::Status;

constexpr const char* head_path = "head.dsse";

/// Another root may be the reason why a head does not verify.
bool may_be_of_a_newer_root(const trust::Distrust& distrust) {
  return distrust.code == Code::bad_signature || distrust.code == Code::wrong_epoch;
}

struct VerifiedHead {
  Head head;
  trust::TrustedRoot root;
};

/// The newest root before `newest` that the head verifies under, of those that were followed and kept.
std::optional<trust::TrustedRoot> older_root_of(const Visit& visit, const std::string& bytes, const trust::TrustedRoot& newest) {
  std::optional<trust::TrustedRoot> found;
  std::optional<trust::TrustedRoot> at;
  for (std::uint64_t version = 1; version < newest.root.version; ++version) {
    const auto kept = visit.memory.root(visit.id(), version);
    if (!kept) return std::nullopt;
    auto verified = at ? trust::verify_next_root(*kept, *at) : trust::verify_first_root(*kept, visit.id());
    if (!std::holds_alternative<trust::TrustedRoot>(verified)) return std::nullopt;
    at = std::get<trust::TrustedRoot>(std::move(verified));
    if (std::holds_alternative<Head>(trust::verify_head(bytes, visit.id(), at->root))) found = at;
  }
  return found;
}

/// A valid head of the same epoch that is older than the one that was seen: nothing of it is used.
Failure stale(const Visit& visit, Serial serial, Serial seen) {
  Failure failure = unreachable(
      fmt::format("{}{}: it serves serial {}, but serial {} was seen before", io::printable(visit.url), head_path, serial, seen),
      Code::stale, "a mirror is behind: find out why it is not updated");
  return failure;
}

/// A head that the newest root does not let through, but one before it does: it is by a mirror that is behind; or between a
/// new root and the head under it there is an instant, or a publisher that died. It is taken for nothing, but it is no attack
/// either, unless the new root revoked keys: then it may be by a stolen one.
Failure not_of_newest(const Visit& visit, const std::string& bytes, const trust::TrustedRoot& newest,
                      const std::optional<Floor>& floor, const Failure& otherwise) {
  const auto older = older_root_of(visit, bytes, newest);
  if (!older || older->root.epoch != newest.root.epoch) return otherwise;
  const Serial serial = std::get<Head>(trust::verify_head(bytes, visit.id(), older->root)).serial;
  if (floor && floor->epoch == older->root.epoch && serial < floor->serial) return stale(visit, serial, floor->serial);
  if (floor && older->root.version < floor->root_version) return otherwise;
  return unreachable(fmt::format("{}{}: it is signed under root {}, but root {} exists; the peer may be publishing now",
                                 visit.url, head_path, older->root.version, newest.root.version));
}

/// The head against one root; a head that does not verify may be signed under a newer one. Roots before the floor's count no
/// more.
Tried<VerifiedHead> verify(const Visit& visit, const std::string& bytes, const trust::TrustedRoot& root,
                           const std::optional<Floor>& floor) {
  auto verified = trust::verify_head(bytes, visit.id(), root.root);
  if (const auto* other = std::get_if<trust::NotOurs>(&verified)) return not_ours(visit, head_path, *other);
  if (auto* head = std::get_if<Head>(&verified)) return VerifiedHead{std::move(*head), root};
  const trust::Distrust distrust = std::get<trust::Distrust>(std::move(verified));
  const Failure failure = untrusted(visit, head_path, distrust);
  if (!may_be_of_a_newer_root(distrust)) return failure;
  const auto newer = newer_root(visit, root);
  if (const auto* not_had = std::get_if<Failure>(&newer)) return *not_had;  // nothing is said of a head whose root is not known
  const trust::TrustedRoot& newest = std::get<trust::TrustedRoot>(newer);
  auto again = trust::verify_head(bytes, visit.id(), newest.root);
  if (auto* head = std::get_if<Head>(&again)) return VerifiedHead{std::move(*head), newest};
  return not_of_newest(visit, bytes, newest, floor, failure);
}

/// Root and head that belong together: newer roots are asked for only when the head names one, one was accepted before
/// (the floor says so; the cache may have been removed since), or the known one is over.
Tried<VerifiedHead> verify_with_newest_root(const Visit& visit, const std::string& bytes, const trust::TrustedRoot& known,
                                            const std::optional<Floor>& floor) {
  const std::uint64_t lowest = floor ? floor->root_version : 1;
  auto first = verify(visit, bytes, known, floor);
  if (std::holds_alternative<Failure>(first)) return first;
  auto [head, root] = std::get<VerifiedHead>(std::move(first));
  const bool over = trust::root_expired(root.root, visit.now).has_value();
  const std::uint64_t wanted = std::max(head.root_version, lowest);
  if (over || wanted > root.root.version) {
    auto newer = newer_root(visit, root, over ? UINT64_MAX : wanted);
    if (auto* failure = std::get_if<Failure>(&newer)) return std::move(*failure);
    root = std::get<trust::TrustedRoot>(std::move(newer));
    const std::uint64_t newest = root.root.version;
    if (newest < lowest && head.epoch == floor->epoch && head.serial < floor->serial)
      return stale(visit, head.serial, floor->serial);
    if (newest < lowest) {
      return untrusted(
          visit, head_path,
          {Code::rollback,
           fmt::format("rollback of the root {}->{}: root {} was accepted before, and it is not there", lowest, newest, lowest)});
    }
    if (newest < head.root_version) {
      return unreachable(fmt::format("{}{}: it names root {}, which is missing; the peer may be publishing now", visit.url,
                                     head_path, head.root_version));
    }
    auto again = trust::verify_head(bytes, visit.id(), root.root);
    if (const auto* distrust = std::get_if<trust::Distrust>(&again)) return untrusted(visit, head_path, *distrust);
  }
  if (const auto distrust = trust::root_expired(root.root, visit.now)) return untrusted(visit, head_path, *distrust);
  return VerifiedHead{std::move(head), std::move(root)};
}

Failure may_not_follow(const Visit& visit, const trust::Distrust& distrust, const std::string& bytes) {
  Failure failure = untrusted(visit, head_path, distrust);
  if (distrust.code == Code::equivocation) failure.contradicting_head = bytes;
  return failure;
}

/// What was accepted before lies in the future: a clock was wrong then, here or there.
std::vector<plan::PeerRemark> remarks_on(const Head& head, const std::optional<Floor>& floor, Time now) {
  if (!trust::is_ahead(floor, now)) return {};
  return {{.code = Code::clock_was_ahead,
           .text = fmt::format("the head {} that was accepted before was issued at {}, which is in the future: a clock was "
                               "wrong, here or at the peer. The head {} of {} is accepted instead",
                               floor->serial, time_text(floor->issued), head.serial, time_text(head.issued))}};
}

Tried<GoodHead> judge(const Visit& visit, io::CachedHead served, const trust::TrustedRoot& known) {
  const auto floor = higher(visit.floor, visit.memory.floor(visit.id()));
  auto verified = verify_with_newest_root(visit, served.bytes, known, floor);
  if (auto* failure = std::get_if<Failure>(&verified)) return std::move(*failure);
  auto [head, root] = std::get<VerifiedHead>(std::move(verified));
  const Digest digest = trust::head_digest(served.bytes).value();  // it verified
  if (const auto distrust = trust::may_follow(head, digest, floor, visit.now)) {
    if (distrust->code == Code::stale) return stale(visit, head.serial, floor->serial);
    return may_not_follow(visit, *distrust, served.bytes);
  }
  plan::SeenHead seen = seen_head(head, digest, visit.url);
  seen.root_version = root.root.version;
  seen.root_expires = root.root.expires;
  visit.memory.raise_floor({.id = head.id,
                            .epoch = head.epoch,
                            .serial = head.serial,
                            .head = digest,
                            .root_version = seen.root_version,
                            .issued = head.issued},
                           served.bytes);
  if (const auto over = trust::expired(head, visit.peer.max_age, visit.now)) return past_its_time(visit, *over, seen);
  std::vector<plan::PeerRemark> remarks = remarks_on(head, floor, visit.now);
  return GoodHead{.head = std::move(head),
                  .seen = std::move(seen),
                  .release = std::move(root.root.release),
                  .served = std::move(served),
                  .remarks = std::move(remarks)};
}

io::Fetched fetch_head(const Visit& visit) {
  io::Request request;
  request.path = head_path;
  request.at_most = largest_head;
  request.no_cache = true;
  return io::fetch(visit.transport, request);
}

}  // namespace

std::optional<KeptHead> kept_head(io::PeerMemory& memory, const ServerId& id) {
  auto file = memory.head(id);
  if (!file) return std::nullopt;
  auto head = trust::unverified_head(file->bytes);
  if (!head || head->id != id) return std::nullopt;
  plan::SeenHead seen = seen_head(*head, trust::head_digest(file->bytes).value(), file->url);
  return KeptHead{*std::move(head), std::move(seen), *std::move(file)};
}

Tried<GoodHead> read_head(const Visit& visit) {
  auto known = known_root(visit);
  if (auto* failure = std::get_if<Failure>(&known)) return std::move(*failure);
  io::Fetched fetched = fetch_head(visit);
  const io::Response& response = fetched.response;
  if (response.status == Status::oversize) {
    if (response.web_page) return web_page(visit, head_path);
    return untrusted(visit, head_path,
                     {Code::not_a_head, fmt::format("it is longer than the {} bytes that a head may be", largest_head)});
  }
  if (response.status != Status::ok) return not_got(visit, response);
  return judge(visit, {.bytes = std::move(fetched.body), .url = visit.url, .fetched = visit.now},
               std::get<trust::TrustedRoot>(std::move(known)));
}

std::string head_of_floor(io::PeerMemory& memory, const Floor& floor) {
  const auto record = memory.floor_record(floor.id);
  if (record && trust::head_digest(record->head_envelope) == floor.head) return record->head_envelope;
  const auto kept = memory.head(floor.id);
  return kept && trust::head_digest(kept->bytes) == floor.head ? kept->bytes : std::string();
}

Tried<GoodHead> head_seen_last(const Visit& visit) {
  const auto floor = higher(visit.floor, visit.memory.floor(visit.id()));
  auto last = visit.memory.head(visit.id());
  if (floor && last && trust::head_digest(last->bytes) != floor->head) {  // only a part of the newer head's catalog was read
    last->bytes = head_of_floor(visit.memory, *floor);
    last->fetched = floor->issued;  // nothing says when it was first seen
  }
  if (!floor || !last || last->bytes.empty()) return unreachable("the last accepted head of this peer is no longer in the cache");
  auto known = known_root(visit);
  if (auto* failure = std::get_if<Failure>(&known)) return std::move(*failure);
  return judge(visit, *std::move(last), std::get<trust::TrustedRoot>(std::move(known)));
}

}  // namespace ingot::observe
