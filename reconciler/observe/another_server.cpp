#include "reconciler/observe/another_server.hpp"

#include <fmt/format.h>

#include "reconciler/observe/follow_roots.hpp"

namespace ingot::observe {

namespace {

std::optional<std::string> get(const Visit& visit, const std::string& path, std::uint64_t at_most) {
  io::Request request;
  request.path = path;
  request.at_most = at_most;
  io::Fetched fetched = io::fetch(visit.transport, request);
  if (fetched.response.status != io::Response::Status::ok) return std::nullopt;
  return std::move(fetched.body);
}

/// The root of this version of the server whose first root is `id`, from the URL alone; nothing of it is kept.
std::optional<trust::TrustedRoot> root_of(const Visit& visit, const ServerId& id, std::uint64_t version) {
  std::optional<trust::TrustedRoot> newest;
  if (version > most_new_roots) return std::nullopt;
  for (std::uint64_t next = 1; next <= version; ++next) {
    const auto bytes = get(visit, fmt::format("root/{}.dsse", next), largest_root);
    if (!bytes) return std::nullopt;
    auto verified = newest ? trust::verify_next_root(*bytes, *newest) : trust::verify_first_root(*bytes, id);
    if (!std::holds_alternative<trust::TrustedRoot>(verified)) return std::nullopt;
    newest = std::get<trust::TrustedRoot>(std::move(verified));
  }
  return newest;
}

}  // namespace

bool is_another_servers_place(const Visit& visit) {
  if (visit.peer.urls.size() < 2) return false;
  const auto bytes = get(visit, "head.dsse", largest_head);
  const auto head = bytes ? trust::unverified_head(*bytes) : std::nullopt;
  if (!head || head->id == visit.id()) return false;
  const auto root = root_of(visit, head->id, head->root_version);
  return root && std::holds_alternative<Head>(trust::verify_head(*bytes, head->id, root->root));
}

}  // namespace ingot::observe
