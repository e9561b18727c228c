#include "reconciler/observe/observe_exports.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/exports/access.hpp"
#include "reconciler/exports/facts.hpp"
#include "reconciler/exports/host_rules.hpp"
#include "reconciler/exports/in_use.hpp"
#include "reconciler/exports/link.hpp"
#include "reconciler/exports/mounted_paths.hpp"
#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/owner.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/site/place.hpp"
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
  std::string unwalkable = {};         ///< why its path cannot be walked, as a sentence; "": it can
  std::vector<const state::ExportedRow*> rows = {};
  std::set<std::string> links = {};
};

std::map<Key, Folder> folders_of(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed) {
  std::map<Key, Folder> folders;
  for (const ExportEntry& entry : manifest.exports) {
    exports::RealPath to = exports::real_path(entry.to);
    observed.export_folders.emplace(entry.name, to.path);
    Folder& one = folders[{entry.name, to.path}];
    one.entry = &entry;
    one.unwalkable = std::move(to.why);
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

constexpr auto mend_of_path = "make that path readable for the user who runs ingot, mend its links, or look at its disk";

/// No rule is broken: what it says of a folder, nobody can tell.
std::optional<plan::ExportRefusal> unwalkable(const std::string& why) {
  return refused(Code::unreadable, fmt::format("whether root may write there cannot be told: {}", why), mend_of_path);
}

/// A path, and the key of the host's guard file that must list it.
struct Unlisted {
  std::string_view key;
  std::string path;
};

/// What to add to the host's guard file, and where that is.
std::string mend_of_guard(const std::vector<Unlisted>& unlisted) {
  const char* const further = std::getenv("INGOT_GUARD");
  const bool has_further = further != nullptr && *further != '\0';
  std::string keys;
  for (const Unlisted& one : unlisted)
    keys += fmt::format("{}{} = [\"{}\"]", keys.empty() ? "" : " and ", one.key, io::printable(one.path));
  return fmt::format("add {} in [guard] of /etc/ingot/guard.toml on this host{}; or run ingot as another user", keys,
                     has_further ? fmt::format(", if it is there, and of \"{}\"", io::printable(further)) : "");
}

constexpr auto mend_of_mode =
    "name another one, which root alone can write; or change owner or mode of that one, if no one else needs it (never of /tmp)";

/// The rules of the host for root, who could be made to write anywhere by whoever may merge.
std::optional<plan::ExportRefusal> why_not_as_root(const std::string& folder, const Folder& what, const Guard& guard) {
  const std::vector<std::string> none;
  const std::string program = what.entry && !what.entry->run.empty() ? what.entry->run.front() : "";
  auto why_to = exports::why_not_below(folder, guard.export_to.value_or(none), "export_to");
  auto why_run = program.empty() ? std::nullopt : exports::why_not_below(program, guard.export_run.value_or(none), "export_run");
  for (const auto& why : {why_to, why_run}) {
    if (why && why->unwalkable) return unwalkable(why->why);
  }
  if (why_to || why_run) {
    std::vector<Unlisted> unlisted;
    if (why_to) unlisted.push_back({"export_to", folder});
    if (why_run) unlisted.push_back({"export_run", parent_folder(program)});
    return refused(Code::host_guard, why_to ? why_to->why : why_run->why, mend_of_guard(unlisted));
  }
  const auto others = [](const std::string& path, bool sticky, std::string_view rule) -> std::optional<plan::ExportRefusal> {
    const auto why = exports::why_others_can_write(path, sticky);
    if (!why) return std::nullopt;
    if (why->unwalkable) return unwalkable(why->why);
    return refused(Code::host_guard, fmt::format("{}: {}", rule, why->why), mend_of_mode);
  };
  if (auto refusal = others(folder, false, fmt::format("root exports to \"{}\" only if root alone can write there", folder)))
    return refusal;
  if (program.empty()) return std::nullopt;
  return others(program, true, fmt::format("root runs \"{}\" only if root alone can change it", program));
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

/// That the folder lies where no export may go. What cannot be told counts as that, too.
std::optional<plan::ExportRefusal> why_inside(const std::string& folder, const std::string& place, const std::string& what) {
  const exports::LiesIn lies = exports::lies_in(folder, place);
  if (!lies.why.empty())
    return refused(Code::unreadable,
                   fmt::format("whether \"{}\" lies in {} cannot be told: {}", io::printable(folder), what, lies.why),
                   mend_of_path);
  if (!lies.inside) return std::nullopt;
  return refused(Code::in_the_way, fmt::format("\"{}\" lies in {}", io::printable(folder), what), "name a folder outside of it");
}

/// Links may hide what the manifest's check of paths cannot see.
std::optional<plan::ExportRefusal> why_others_are_there(const std::string& folder, const ExportEntry& entry,
                                                        const Manifest& manifest) {
  for (const ExportEntry& other : manifest.exports) {
    if (other.name == entry.name) continue;
    if (auto why = why_inside(folder, other.to, fmt::format("the folder of export \"{}\"", other.name.text()))) return why;
  }
  for (const LocalImage& image : manifest.images) {
    if (!image.source) continue;
    if (auto why = why_inside(folder, *image.source, fmt::format("the source of image \"{}\"", image.name.text()))) return why;
  }
  const std::string state = site::state_folder(manifest.server);
  const auto holds = [&](const std::string& place) { return exports::lies_in(place, state).inside; };
  if (holds(manifest.server.store) || holds(manifest.server.keys)) return std::nullopt;
  return why_inside(folder, state, "the folder of this server's state");
}

std::optional<plan::ExportRefusal> why_refused(const std::string& folder, const Folder& what, const Manifest& manifest) {
  if (!what.unwalkable.empty())
    return refused(Code::unreadable, fmt::format("`to` cannot be looked at: {}", what.unwalkable), mend_of_path);
  struct stat status {};
  if (stat(folder.c_str(), &status) == 0 && !S_ISDIR(status.st_mode))
    return refused(Code::in_the_way, fmt::format("\"{}\" is no folder", io::printable(folder)),
                   "move it away, or name another one");
  for (const OwnPlace& place : own_places(manifest.server)) {
    if (auto why = why_inside(folder, place.path, fmt::format("this server's {}", place.what))) return why;
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

exports::Remembered remembered(const state::ExportedRow& row) {
  return {.folder = row.folder, .name = row.image.text(), .top = row.top, .listing = row.listing, .changes = row.changes};
}

plan::ExportedView view_of(const state::ExportedRow& row, bool members) {
  exports::Comparison found = exports::compare(remembered(row), members);
  switch (found.likeness) {
    case exports::Likeness::whole: return {};
    case exports::Likeness::half_given: return {.sight = plan::ExportSight::half_given};
    case exports::Likeness::changed: break;
    case exports::Likeness::gone: return {.sight = plan::ExportSight::gone};
    case exports::Likeness::left_over: return {.sight = plan::ExportSight::left_over};
  }
  return {.sight = plan::ExportSight::changed, .why = std::move(found.why)};
}

/// What was exported lies below a mount that came later. Who drops the export leaves it there.
std::optional<plan::ExportRefusal> why_hidden(const std::string& folder, const Folder& what, const std::string& before,
                                              const std::string& now) {
  if (!what.entry) return std::nullopt;
  return refused(
      Code::not_mounted,
      fmt::format("nothing of what was exported to \"{}\" is there: it lay on \"{}\" and is now below the mount \"{}\"",
                  io::printable(folder), io::printable(before), io::printable(now)),
      fmt::format("unmount \"{}\"; or, to export to the new file system, remove the [[export]], apply, and put it back",
                  io::printable(now)));
}

/// Absent is not unknown: nothing of what was exported is there, and the file system is another one than it was.
std::optional<plan::ExportRefusal> why_not_mounted(const std::string& folder, const Folder& what, const plan::ExportView& view) {
  const bool all_gone = view.links.empty() && !what.rows.empty() &&
                        std::all_of(view.exported.begin(), view.exported.end(),
                                    [](const auto& one) { return one.second.sight == plan::ExportSight::gone; });
  if (!all_gone) return std::nullopt;
  const std::string now = exports::mount_point_of(folder);
  const auto elsewhere = std::find_if(what.rows.begin(), what.rows.end(), [&](const state::ExportedRow* row) {
    return !row->mount.empty() && !now.empty() && row->mount != now;
  });
  if (elsewhere == what.rows.end()) return std::nullopt;
  if (exports::is_within(now, (*elsewhere)->mount)) return why_hidden(folder, what, (*elsewhere)->mount, now);
  return refused(Code::not_mounted,
                 fmt::format("nothing of what was exported to \"{}\" is there: it was exported to the file system mounted on "
                             "\"{}\", and the folder is on that of \"{}\" now",
                             io::printable(folder), io::printable((*elsewhere)->mount), io::printable(now)),
                 fmt::format("mount \"{}\"; if that file system is lost, mount an empty one there once",
                             io::printable((*elsewhere)->mount)));
}

/// Why this user can make nothing in the folder or, if it is not there, make it; "": nothing is known against it.
std::string why_not_writable(const std::string& folder) {
  for (std::string path = folder;; path = parent_folder(path)) {
    if (faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return "";
    if (errno == EACCES || errno == EROFS)
      return fmt::format("\"{}\" cannot be written: {}", io::printable(path), io::errno_text(errno));
    if (errno != ENOENT || path == "/") return "";
  }
}

plan::ExportView look_at(const std::string& folder, const Folder& what, const Manifest& manifest) {
  plan::ExportView view{.refusal = why_refused(folder, what, manifest)};
  if (view.refusal) return view;
  view.entries = entries_in(folder);
  for (const state::ExportedRow* row : what.rows) view.exported.emplace(row->image, view_of(*row, false));
  for (const std::string& link : what.links) {
    const auto found = exports::link_at(folder, link);
    if (const auto* target = std::get_if<exports::LinkTarget>(&found))
      view.links.emplace(link, plan::LinkSight{.is_link = true, .target = target->text});
    else if (std::holds_alternative<exports::Unfit>(found))
      view.links.emplace(link, plan::LinkSight{});
  }
  view.refusal = why_not_mounted(folder, what, view);
  view.unwritable = why_not_writable(folder);
  return view;
}

}  // namespace

void observe_exports(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed) {
  for (const auto& [key, what] : folders_of(manifest, snapshot, observed))
    observed.exports.emplace(key, look_at(key.second, what, manifest));
}

bool look_at_removals(const plan::Plan& plan, plan::Observed& observed) {
  std::map<std::string, plan::ExportedView*> going;
  for (const plan::Change& change : plan.actions) {
    const auto* const unexport = std::get_if<plan::Unexport>(&change.action);
    if (unexport == nullptr || change.deferred) continue;
    const state::ExportedRow& row = unexport->row;
    const auto view = observed.exports.find({row.name, row.folder});
    if (view == observed.exports.end()) continue;
    plan::ExportedView& seen = view->second.exported[row.image];
    if (seen.is_close) continue;
    if (seen.sight == plan::ExportSight::whole) seen = view_of(row, true);
    seen.is_close = true;
    going.emplace(row.folder + "/" + row.image.text(), &seen);
  }
  if (going.empty()) return false;
  std::vector<std::string> paths;
  for (const auto& [path, seen] : going) paths.push_back(path);
  bool is_news = false;
  for (auto& [path, use] : exports::uses_of(paths)) going.at(path)->used_by = std::move(use), is_news = true;
  for (const auto& [path, seen] : going) is_news = is_news || seen->sight == plan::ExportSight::changed;
  return is_news;
}

namespace {

/// "": it is as it was exported.
std::string why_not_as_exported(const state::ExportedRow& row) {
  const exports::Comparison found = exports::compare(remembered(row), true);
  switch (found.likeness) {
    case exports::Likeness::whole: return "";
    case exports::Likeness::half_given: return "a run ended while it gave owner and mode to it; \"ingot apply\" gives them again";
    case exports::Likeness::changed: return "it " + found.why;
    case exports::Likeness::gone:
    case exports::Likeness::left_over: break;
  }
  return "it is not there any more";
}

/// "": the link shows what it was moved to.
std::string why_not_linked(const state::ExportRow& row) {
  if (row.link.empty() || !row.linked) return "";
  const auto found = exports::link_at(row.folder, row.link);
  if (std::holds_alternative<exports::Absent>(found)) return "the link is not there any more";
  if (const auto* unfit = std::get_if<exports::Unfit>(&found)) return "it " + unfit->why;
  const std::string& target = std::get<exports::LinkTarget>(found).text;
  return target == row.linked->text() ? "" : fmt::format("it points to \"{}\", not to \"{}\"", target, row.linked->text());
}

/// What a run that ended early left undone of this entry, though it began; "": nothing.
std::string why_half_done(const ExportEntry& entry, const state::ExportRow* row) {
  if (!entry.link) return "";
  if (row == nullptr || row->link != *entry.link) return "its link was not made; \"ingot apply\" makes it";
  if (entry.run.empty() || !row->linked || row->run_for == row->linked) return "";
  return fmt::format("`run` has not succeeded for {}; \"ingot apply\" runs it again", row->linked->text());
}

}  // namespace

ExportDrift export_drift(const Manifest& manifest, const state::Snapshot& snapshot) {
  ExportDrift drift{.looked_at = snapshot.exported.size()};
  for (const auto& row : snapshot.exported) {
    if (std::string why = why_not_as_exported(row); !why.empty())
      drift.faults.push_back({exported_address(row.name, row.image), row.folder + "/" + row.image.text(), std::move(why)});
  }
  for (const auto& row : snapshot.exports) {
    if (std::string why = why_not_linked(row); !why.empty())
      drift.faults.push_back({export_address(row.name), row.folder + "/" + row.link, std::move(why), true});
  }
  for (const ExportEntry& entry : manifest.exports) {
    const std::string folder = exports::real_path(entry.to).path;
    const auto is_of_entry = [&](const auto& row) { return row.name == entry.name && row.folder == folder; };
    if (std::none_of(snapshot.exported.begin(), snapshot.exported.end(), is_of_entry)) continue;
    const auto row = std::find_if(snapshot.exports.begin(), snapshot.exports.end(), is_of_entry);
    if (std::string why = why_half_done(entry, row == snapshot.exports.end() ? nullptr : &*row); !why.empty())
      drift.faults.push_back({export_address(entry.name), folder + (entry.link ? "/" + *entry.link : ""), std::move(why), true});
  }
  return drift;
}

}  // namespace ingot::observe
