#include "reconciler/observe/observe_exports.hpp"

#include <cerrno>
#include <set>
#include <vector>

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/exports/access.hpp"
#include "reconciler/exports/facts.hpp"
#include "reconciler/exports/host_rules.hpp"
#include "reconciler/exports/in_use.hpp"
#include "reconciler/exports/link.hpp"
#include "reconciler/exports/take_away.hpp"
#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owner.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/descriptor.hpp"
#include "schema/manifest/own_places.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::observe {

namespace {

using Key = std::pair<ExportName, std::string>;

constexpr std::size_t most_entries = 100'000;

/// What of a folder of exports a plan needs to know.
struct Folder {
  const ExportEntry* entry = nullptr;  ///< nullptr: the manifest has it no more
  std::vector<const state::ExportedRow*> rows = {};
  std::set<std::string> links = {};
};

std::map<Key, Folder> folders_of(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed) {
  std::map<Key, Folder> folders;
  for (const ExportEntry& entry : manifest.exports) {
    const std::string folder = exports::real_path(entry.to);
    observed.export_folders.emplace(entry.name, folder);
    Folder& one = folders[{entry.name, folder}];
    one.entry = &entry;
    if (entry.link) one.links.insert(*entry.link);
  }
  for (const auto& row : snapshot.exports) {
    if (!row.link.empty()) folders[{row.name, row.folder}].links.insert(row.link);
  }
  for (const auto& row : snapshot.exported) folders[{row.name, row.folder}].rows.push_back(&row);
  return folders;
}

std::optional<plan::ExportRefusal> refused(Code code, std::string text, std::string mend) {
  return plan::ExportRefusal{.code = code, .text = std::move(text), .mend = std::move(mend)};
}

/// The rules of the host for root, who could be made to write anywhere by whoever may merge.
std::optional<plan::ExportRefusal> why_not_as_root(const std::string& folder, const Folder& what, const Guard& guard) {
  constexpr auto nowhere = "list the folder in [guard] of /etc/ingot/guard.toml on this host, or run ingot as another user";
  const std::vector<std::string> none;
  if (auto why = exports::why_not_below(folder, guard.export_to.value_or(none), "export_to"))
    return refused(Code::host_guard, *std::move(why), nowhere);
  if (auto why = exports::why_others_can_write(folder, false))
    return refused(Code::host_guard, fmt::format("root exports to \"{}\" only if root alone can write there: {}", folder, *why),
                   "change owner or mode of that folder, or name another one");
  if (!what.entry || what.entry->run.empty()) return std::nullopt;
  const std::string& program = what.entry->run.front();
  if (auto why = exports::why_not_below(program, guard.export_run.value_or(none), "export_run"))
    return refused(Code::host_guard, *std::move(why), nowhere);
  if (auto why = exports::why_others_can_write(program, true))
    return refused(Code::host_guard, fmt::format("root runs \"{}\" only if root alone can change it: {}", program, *why),
                   "change owner or mode of it");
  return std::nullopt;
}

std::optional<plan::ExportRefusal> why_no_such_owner(const ExportEntry& entry) {
  if (!entry.owner) return std::nullopt;
  const auto ids = exports::owner_ids(*entry.owner);
  if (const auto* why = std::get_if<std::string>(&ids))
    return refused(Code::unknown_owner, fmt::format("`owner`: {}", *why), "correct it, or make that user and group");
  if (geteuid() == 0) return std::nullopt;
  return refused(Code::unknown_owner,
                 fmt::format("`owner` is {}, and this runs as {}: only root may give files to others",
                             io::printable(*entry.owner), io::user_name(geteuid())),
                 "run ingot as root, or leave `owner` out");
}

/// Links may hide what the manifest's check of paths cannot see.
std::optional<plan::ExportRefusal> why_others_are_there(const std::string& folder, const ExportEntry& entry,
                                                        const Manifest& manifest) {
  const auto in = [&](const std::string& place) { return !exports::why_not_below(folder, {exports::absolute_path(place)}, ""); };
  const auto refuse = [&](const std::string& what) {
    return refused(Code::in_the_way, fmt::format("\"{}\" lies in {}", io::printable(folder), what),
                   "name a folder outside of it");
  };
  for (const ExportEntry& other : manifest.exports) {
    if (other.name != entry.name && in(other.to)) return refuse(fmt::format("the folder of export \"{}\"", other.name.text()));
  }
  for (const LocalImage& image : manifest.images) {
    if (image.source && in(*image.source)) return refuse(fmt::format("the source of image \"{}\"", image.name.text()));
  }
  const std::string state = parent_folder(manifest.server.state);
  const auto holds = [&](const std::string& place) {
    return !exports::why_not_below(exports::absolute_path(place), {exports::absolute_path(state)}, "");
  };
  if (in(state) && !holds(manifest.server.store) && !holds(manifest.server.keys))
    return refuse("the folder of this server's state");
  return std::nullopt;
}

std::optional<plan::ExportRefusal> why_refused(const std::string& folder, const Folder& what, const Manifest& manifest) {
  struct stat status {};
  if (stat(folder.c_str(), &status) == 0 && !S_ISDIR(status.st_mode))
    return refused(Code::in_the_way, fmt::format("\"{}\" is no folder", io::printable(folder)),
                   "move it away, or name another one");
  for (const OwnPlace& place : own_places(manifest.server)) {
    if (exports::why_not_below(folder, {exports::absolute_path(place.path)}, "")) continue;
    return refused(Code::in_the_way, fmt::format("\"{}\" lies in this server's {}", io::printable(folder), place.what),
                   "name a folder outside of it");
  }
  if (what.entry) {
    if (auto refusal = why_others_are_there(folder, *what.entry, manifest)) return refusal;
    if (auto refusal = why_no_such_owner(*what.entry)) return refusal;
  }
  return geteuid() == 0 ? why_not_as_root(folder, what, manifest.guard) : std::nullopt;
}

/// Names in the folder that an image may bear.
std::set<std::string> entries_in(const std::string& folder) {
  std::set<std::string> names;
  const transfer::FolderListing listing(opendir(folder.c_str()));
  while (const dirent* const found = listing && names.size() < most_entries ? readdir(listing.get()) : nullptr) {
    if (ImageName::parse(found->d_name)) names.insert(found->d_name);
  }
  return names;
}

plan::ExportedView view_of(const state::ExportedRow& row) {
  const auto top = exports::top_of(row.folder + "/" + row.image.text(), !row.changes.empty());
  if (const auto* unfit = std::get_if<exports::Unfit>(&top)) return {.sight = plan::ExportSight::changed, .why = unfit->why};
  if (std::holds_alternative<exports::Absent>(top)) {
    const bool left = exports::has_left_overs(row.folder, row.image.text());
    return {.sight = left ? plan::ExportSight::left_over : plan::ExportSight::gone};
  }
  if (row.top.empty()) return {.sight = plan::ExportSight::half_given};
  if (std::get<std::string>(top) == row.top) return {};
  return {.sight = plan::ExportSight::changed, .why = "is not as it was exported"};
}

plan::ExportView look_at(const std::string& folder, const Folder& what, const Manifest& manifest) {
  plan::ExportView view{.refusal = why_refused(folder, what, manifest)};
  if (view.refusal) return view;
  view.entries = entries_in(folder);
  for (const state::ExportedRow* row : what.rows) view.exported.emplace(row->image, view_of(*row));
  for (const std::string& link : what.links) {
    const auto found = exports::link_at(folder, link);
    if (const auto* target = std::get_if<exports::LinkTarget>(&found))
      view.links.emplace(link, plan::LinkSight{.is_link = true, .target = target->text});
    else if (std::holds_alternative<exports::Unfit>(found))
      view.links.emplace(link, plan::LinkSight{});
  }
  return view;
}

/// More lies there than the manifest wants, so that something may have to go.
bool may_have_to_go(const Folder& what) { return !what.entry || what.rows.size() > what.entry->latest; }

}  // namespace

void observe_exports(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed) {
  const std::map<Key, Folder> folders = folders_of(manifest, snapshot, observed);
  std::vector<std::string> asked;
  for (const auto& [key, what] : folders) {
    const auto& view = observed.exports.emplace(key, look_at(key.second, what, manifest)).first->second;
    if (!may_have_to_go(what)) continue;
    for (const auto& [image, seen] : view.exported) {
      if (seen.sight == plan::ExportSight::whole || seen.sight == plan::ExportSight::half_given)
        asked.push_back(key.second + "/" + image.text());
    }
  }
  if (asked.empty()) return;
  const auto uses = exports::uses_of(asked);
  for (auto& [key, view] : observed.exports) {
    for (auto& [image, seen] : view.exported) {
      if (const auto use = uses.find(key.second + "/" + image.text()); use != uses.end()) seen.used_by = use->second;
    }
  }
}

std::string why_not_as_exported(const state::ExportedRow& row) {
  const auto found = exports::facts_of(row.folder + "/" + row.image.text(), row.changes);
  if (std::holds_alternative<exports::Absent>(found)) return "it is not there any more";
  if (const auto* unfit = std::get_if<exports::Unfit>(&found)) return "it " + unfit->why;
  const auto& facts = std::get<exports::Facts>(found);
  return facts.top == row.top && facts.listing == row.listing ? "" : "it is not as it was exported";
}

std::string why_not_linked(const state::ExportRow& row) {
  if (row.link.empty() || !row.linked) return "";
  const auto found = exports::link_at(row.folder, row.link);
  if (std::holds_alternative<exports::Absent>(found)) return "the link is not there any more";
  if (const auto* unfit = std::get_if<exports::Unfit>(&found)) return "it " + unfit->why;
  const std::string& target = std::get<exports::LinkTarget>(found).text;
  return target == row.linked->text() ? "" : fmt::format("it points to \"{}\", not to \"{}\"", target, row.linked->text());
}

}  // namespace ingot::observe
