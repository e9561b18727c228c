#include "reconciler/observe/follow_roots.hpp"

#include <fmt/format.h>

#include "reconciler/observe/fetch_piece.hpp"
#include "schema/overloaded.hpp"

namespace ingot::observe {

namespace {

using Status = io::Response::Status;
using Verified = std::variant<trust::TrustedRoot, trust::Distrust, trust::NotOurs>;

std::string path_of(std::uint64_t version) { return fmt::format("root/{}.dsse", version); }

io::Fetched fetch_root(const Visit& visit, std::uint64_t version) {
  io::Request request;
  request.path = path_of(version);
  request.at_most = largest_root;
  return io::fetch(visit.transport, request);
}

Tried<trust::TrustedRoot> judge(const Visit& visit, std::uint64_t version, const std::string& envelope, Verified verified) {
  return std::visit(
      Overloaded{
          [&](trust::TrustedRoot& root) -> Tried<trust::TrustedRoot> {
            visit.memory.keep_root(visit.id(), version, envelope);
            return std::move(root);
          },
          [&](trust::Distrust& distrust) -> Tried<trust::TrustedRoot> { return untrusted(visit, path_of(version), distrust); },
          [&](trust::NotOurs& other) -> Tried<trust::TrustedRoot> { return not_ours(visit, path_of(version), other); },
      },
      verified);
}

Tried<trust::TrustedRoot> fetched_first_root(const Visit& visit) {
  const io::Fetched fetched = fetch_root(visit, 1);
  if (fetched.response.status == Status::oversize) {
    if (fetched.response.web_page) return web_page(visit, path_of(1));
    return untrusted(visit, path_of(1),
                     {Code::not_a_root, fmt::format("it is longer than the {} bytes that a root may be", largest_root)});
  }
  if (fetched.response.status != Status::ok) return not_got(visit, fetched.response);
  return judge(visit, 1, fetched.body, trust::verify_first_root(fetched.body, visit.id()));
}

Tried<trust::TrustedRoot> first_root(const Visit& visit) {
  if (const auto cached = visit.memory.root(visit.id(), 1)) {
    auto verified = trust::verify_first_root(*cached, visit.id());
    if (auto* root = std::get_if<trust::TrustedRoot>(&verified)) return std::move(*root);
  }
  return fetched_first_root(visit);
}

}  // namespace

Tried<trust::TrustedRoot> known_root(const Visit& visit) {
  Tried<trust::TrustedRoot> first = first_root(visit);
  if (std::holds_alternative<Failure>(first)) return first;
  trust::TrustedRoot newest = std::get<trust::TrustedRoot>(std::move(first));
  while (const auto cached = visit.memory.root(visit.id(), newest.root.version + 1)) {
    auto verified = trust::verify_next_root(*cached, newest);
    if (!std::holds_alternative<trust::TrustedRoot>(verified)) break;  // damaged: it is asked for again when it is needed
    newest = std::get<trust::TrustedRoot>(std::move(verified));
  }
  return newest;
}

Tried<trust::TrustedRoot> newer_root(const Visit& visit, const trust::TrustedRoot& known, std::uint64_t up_to) {
  trust::TrustedRoot newest = known;
  for (int count = 0; newest.root.version < up_to; ++count) {
    const std::uint64_t next = newest.root.version + 1;
    const io::Fetched fetched = fetch_root(visit, next);
    if (fetched.response.status == Status::not_found) return newest;
    if (fetched.response.status == Status::oversize) {
      if (fetched.response.web_page) return web_page(visit, path_of(next));
      return untrusted(visit, path_of(next),
                       {Code::not_a_root, fmt::format("it is longer than the {} bytes that a root may be", largest_root)});
    }
    if (fetched.response.status != Status::ok) return not_got(visit, fetched.response);
    if (count == most_new_roots) {
      return untrusted(visit, path_of(next),
                       {Code::too_many_roots, fmt::format("there are more than {} new roots at once", most_new_roots)});
    }
    Tried<trust::TrustedRoot> judged = judge(visit, next, fetched.body, trust::verify_next_root(fetched.body, newest));
    if (std::holds_alternative<Failure>(judged)) return judged;
    newest = std::get<trust::TrustedRoot>(std::move(judged));
  }
  return newest;
}

}  // namespace ingot::observe
