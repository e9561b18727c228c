#include "reconciler/observe/known_releases.hpp"

#include <sstream>

#include <fmt/core.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/publish/releases.hpp"

namespace ingot::observe {

namespace {

constexpr std::uint64_t largest_releases = 32 * 1024 * 1024;

std::string releases_folder(const site::Site& site) { return site::state_folder(site.manifest.server) + "/cache"; }
std::string releases_path(const site::Site& site) { return releases_folder(site) + "/unreleased"; }

/// Releases are installed by publishing; the lineage is that of the state, whose generation means nothing in another one.
std::string first_line(const site::Site& site, const Root& root) {
  const auto published = site.state.published();
  return fmt::format("ingot.unreleased/1 {} {} {} {} {}", site.state.self().text(), root.version, site.state.lineage(),
                     site.state.generation(), published ? published->serial : 0);
}

/// nullopt: nothing is remembered of this state.
std::optional<std::vector<ImageName>> remembered(const site::Site& site, const std::string& first) {
  try {
    const auto text = io::read_file_if_there(site.files, releases_path(site), largest_releases);
    if (!text) return std::nullopt;
    std::istringstream lines(*text);
    std::string line;
    if (!std::getline(lines, line) || line != first) return std::nullopt;
    std::vector<ImageName> names;
    while (std::getline(lines, line) && line != "end") {
      const auto name = ImageName::parse(line);
      if (!name) return std::nullopt;
      names.push_back(*name);
    }
    return line == "end" ? std::optional(std::move(names)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;  // it is only a cache
  }
}

void remember(const site::Site& site, const std::string& first, const std::vector<ImageName>& names) {
  std::string text = first + "\n";
  for (const ImageName& name : names) text += name.text() + "\n";
  try {
    io::make_folders(site.files, releases_folder(site));
    io::replace_file_unsynced(site.files, releases_path(site), text + "end\n", 0644);
  } catch (const Error&) {
    // It is only a cache: a read-only disk is no fault.
  }
}

}  // namespace

std::vector<ImageName> known_unreleased(const site::Site& site) {
  const Root root = apply::newest_own_root(site.store, site.state.self());
  if (!root.release) return {};
  const std::string first = first_line(site, root);
  if (auto names = remembered(site, first)) return *std::move(names);
  auto names = apply::unreleased_images(site.state, site.store);
  remember(site, first, names);
  return names;
}

}  // namespace ingot::observe
