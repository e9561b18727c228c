#include "state/public_parent.hpp"

namespace ingot::state {

namespace {

struct Ancestor {
  std::optional<ImageIdentity> shown;  ///< nullopt: nobody outside may know it
  ParentLink parent;
};

Ancestor load_ancestor(Database& database, ImageKey key) {
  Statement row = database.query(
      "SELECT (copy = 1 OR listed IS NOT NULL) AND is_private = 0, origin, origin_image, identity_created, parent, parent_origin,"
      " parent_image, parent_created FROM image WHERE key = ?",
      key);
  if (!row.step()) row.damaged("a parent is missing");
  Ancestor ancestor;
  const bool shown = row.next<bool>();
  const auto origin = row.next<ServerId>();
  auto name = row.next<ImageName>();
  const auto created = row.next<std::optional<Serial>>();
  if (shown && !created) row.damaged("an image that was shown has no serial");
  if (shown) ancestor.shown = ImageIdentity{origin, std::move(name), *created};
  ancestor.parent = read_parent_link(row);
  return ancestor;
}

}  // namespace

ParentLink read_parent_link(Statement& row) {
  ParentLink link{.key = row.next<std::optional<ImageKey>>(), .identity = std::nullopt};
  const auto origin = row.next<std::optional<ServerId>>();
  auto name = row.next<std::optional<ImageName>>();
  const auto created = row.next<std::optional<Serial>>();
  if (origin && name && created) link.identity = ImageIdentity{*origin, *std::move(name), *created};
  return link;
}

std::optional<ImageIdentity> public_parent(Database& database, ParentLink link) {
  while (link.key) {
    auto ancestor = load_ancestor(database, *link.key);
    if (ancestor.shown) return std::move(ancestor.shown);
    // A parent is always older than its child, and keys only grow.
    if (ancestor.parent.key && *ancestor.parent.key >= *link.key) throw_damaged(database.place(), "lineage runs in a circle");
    link = std::move(ancestor.parent);
  }
  return std::move(link.identity);
}

}  // namespace ingot::state
