// The link of an export: a symbolic link in `to` that names an image beside it.
#pragma once

#include <string>
#include <variant>

#include "reconciler/exports/facts.hpp"

namespace ingot::exports {

/// What the link says, as it is written.
struct LinkTarget {
  std::string text;
  bool operator==(const LinkTarget&) const = default;
};

/// Unfit: something else than a link bears its name.
std::variant<LinkTarget, Absent, Unfit> link_at(const std::string& folder, const std::string& link);

/// Makes the link, or moves it, to `name`, by one rename; durable. Error{usage, "in-the-way"}: something else than a link is
/// there. Error{local}.
void point_link(const std::string& folder, const std::string& link, const std::string& name);

/// Removes the link, durably. Not there = fine. The errors of point_link.
void remove_link(const std::string& folder, const std::string& link);

}  // namespace ingot::exports
