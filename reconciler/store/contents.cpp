// What lies in a store, for gc: files by what their names say, what was condemned and since when, the heads that were
// published, and the only place that removes anything which had its name.
#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/core.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/store/layout.hpp"
#include "reconciler/store/staged_file.hpp"
#include "reconciler/store/store.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

using namespace layout;
using Kind = StoredFile::Kind;

constexpr std::string_view condemned_format = "ingot.condemned/1\n";
constexpr std::uint64_t longest_papers = 1024 * 1024;
constexpr std::uint64_t longest_condemned = std::uint64_t{1} << 30;
constexpr std::string_view head_ending = ".dsse";
constexpr std::string_view partial_ending = ".part";

std::string condemned_path(const std::string& store) { return store + "/CONDEMNED"; }
std::string heads_folder(const std::string& store) { return store + "/heads"; }

std::optional<std::string_view> without_ending(std::string_view name, std::string_view ending) {
  if (!name.ends_with(ending)) return std::nullopt;
  return name.substr(0, name.size() - ending.size());
}

std::optional<Serial> serial_of(std::string_view name) {
  const auto digits = without_ending(name, head_ending);
  Serial serial = 0;
  if (!digits || digits->size() != 20) return std::nullopt;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), serial);
  if (error != std::errc{} || end != digits->data() + digits->size()) return std::nullopt;
  return serial;
}

/// "<64 hex>-<number>.json".
std::optional<std::int64_t> papers_number(std::string_view name) {
  const auto stem = without_ending(name, ".json");
  std::int64_t number = 0;
  if (!stem || stem->size() < 66 || stem->at(64) != '-') return std::nullopt;
  const auto [end, error] = std::from_chars(stem->data() + 65, stem->data() + stem->size(), number);
  if (error != std::errc{} || end != stem->data() + stem->size()) return std::nullopt;
  return number;
}

/// Paths by key.
std::multimap<std::int64_t, std::string> papers_in(io::Files& files, const std::string& folder) {
  std::multimap<std::int64_t, std::string> found;
  if (!files.status(folder)) return found;
  for (const std::string& two : files.list(folder)) {
    const std::string below = folder + "/" + two;
    const auto status = files.status(below);
    if (!status || status->kind != io::EntryKind::folder) continue;
    for (const std::string& name : files.list(below)) {
      if (const auto number = papers_number(name)) found.emplace(*number, below + "/" + name);
    }
  }
  return found;
}

/// The digits make the order of the names that of the serials.
std::string head_name(Serial serial) { return fmt::format("{:020}{}", serial, head_ending); }

/// Whoever may not open the file takes its size for what is in it.
std::uint64_t written_bytes(io::Files& files, const std::string& path, const io::FileStatus& status) {
  try {
    return files.open(path, io::OpenFor::read)->written();
  } catch (const Error&) { return std::min(status.size, status.on_disk); }  // an estimate is enough
}

/// Walks the folders of a store, one kind of name each.
class Listing {
 public:
  Listing(io::Files& files, const std::string& store) : files_(files), store_(store) {}

  std::vector<StoredFile> all() {
    left_overs("");
    left_overs("public");
    left_overs("public/root");
    objects("public/b", Kind::public_object);
    objects("private/b", Kind::private_object);
    each("public/c", [](const std::string& name) { return by_digest(Kind::piece, name); });
    each("staging", [](const std::string& name) {
      if (StagedFile::is_left_over(name)) return std::optional(left_over());
      const auto digest = without_ending(name, partial_ending);
      return digest ? by_digest(Kind::partial, *digest) : std::nullopt;
    });
    each("heads", [](const std::string& name) {
      const auto serial = serial_of(name);
      return serial ? std::optional(StoredFile{.kind = Kind::head, .path = {}, .digest = {}, .serial = *serial})
                    : beside_of(name);
    });
    each("quarantine",
         [](const std::string& name) { return by_digest(Kind::quarantined, std::string_view(name).substr(0, name.find('.'))); });
    for (const std::string& name : names("papers")) left_overs("papers/" + name);
    std::sort(found_.begin(), found_.end(), [](const StoredFile& one, const StoredFile& other) { return one.path < other.path; });
    return std::move(found_);
  }

 private:
  static StoredFile left_over() { return {.kind = Kind::left_over, .path = {}, .digest = {}}; }
  static std::optional<StoredFile> by_digest(Kind kind, std::string_view hex) {
    const auto digest = Digest::parse_hex(hex);
    return digest ? std::optional(StoredFile{.kind = kind, .path = {}, .digest = *digest}) : std::nullopt;
  }
  /// Under the run lock nobody is writing such a file.
  static std::optional<StoredFile> beside_of(const std::string& name) {
    return name.ends_with(".new") ? std::optional(left_over()) : std::nullopt;
  }

  std::vector<std::string> names(const std::string& folder) {
    const std::string path = folder.empty() ? store_ : store_ + "/" + folder;
    const auto status = files_.status(path);
    return status && status->kind == io::EntryKind::folder ? files_.list(path) : std::vector<std::string>{};
  }

  template <class Recognise>
  void each(const std::string& folder, Recognise recognise) {
    for (const std::string& name : names(folder)) {
      std::optional<StoredFile> file = recognise(name);
      if (!file) continue;
      file->path = folder.empty() ? name : folder + "/" + name;
      const auto status = files_.status(store_ + "/" + file->path);
      if (!status || status->kind != io::EntryKind::file) continue;
      file->size = status->size;
      found_.push_back(*std::move(file));
    }
  }

  void left_overs(const std::string& folder) { each(folder, beside_of); }

  void objects(const std::string& folder, Kind kind) {
    for (const std::string& two : names(folder)) {
      each(folder + "/" + two,
           [&](const std::string& name) { return name.starts_with(two) ? by_digest(kind, name) : std::nullopt; });
    }
  }

  io::Files& files_;
  const std::string& store_;
  std::vector<StoredFile> found_;
};

}  // namespace

std::optional<PartialFileHere> Store::partial(const Digest& digest) const {
  const std::string path = partial_path(digest);
  const auto status = files_->status(path);
  if (!status || status->kind != io::EntryKind::file) return std::nullopt;
  return PartialFileHere{.digest = digest, .written = written_bytes(*files_, path, *status), .on_disk = status->on_disk};
}

std::vector<PartialFileHere> Store::partials() const {
  std::vector<PartialFileHere> found;
  try {
    for (const std::string& name : files_->list(staging(folder_))) {
      const auto hex = without_ending(name, partial_ending);
      const auto digest = hex ? Digest::parse_hex(*hex) : std::nullopt;
      if (const auto one = digest ? partial(*digest) : std::nullopt) found.push_back(*one);
    }
  } catch (const Error&) {}  // a plan that another user makes goes on without them
  return found;
}

void Store::drop_partial(const Digest& digest) { files_->remove(partial_path(digest)); }

std::vector<StoredFile> Store::contents() const { return Listing(*files_, folder_).all(); }

std::int64_t Store::newest_papers() const {
  const auto papers = papers_in(*files_, folder_ + "/papers");
  return papers.empty() ? 0 : papers.rbegin()->first;
}

void Store::edit_papers(const Digest& digest, const std::function<std::string(std::string_view)>& edit) {
  const std::string hex = digest.hex();
  const std::string folder = fmt::format("{}/papers/{}", folder_, hex.substr(0, 2));
  if (!files_->status(folder)) return;
  for (const std::string& name : files_->list(folder)) {
    if (!name.starts_with(hex) || !papers_number(name)) continue;
    const std::string path = folder + "/" + name;
    std::string before;
    try {
      before = read_file(*files_, path, longest_papers);
    } catch (const Error& error) {
      if (error.fault() != Fault::local) throw;
      continue;
    }
    if (const std::string after = edit(before); after != before) replace(path, after, private_modes.file);
  }
}

void Store::each_papers(const std::function<void(std::int64_t, std::string_view)>& visit) const {
  const auto papers = papers_in(*files_, folder_ + "/papers");
  for (auto one = papers.rbegin(); one != papers.rend(); ++one) {
    const auto there = files_->status(one->second);
    if (there && there->size <= longest_papers) visit(one->first, read_file(*files_, one->second, longest_papers));
  }
}

Condemned Store::condemned() const {
  const auto text = io::read_file_if_there(*files_, condemned_path(folder_), longest_condemned);
  if (!text) return {};
  const auto damaged = [&] {
    return Error(Fault::local, fmt::format("\"{}\" is damaged", io::printable(condemned_path(folder_))),
                 "remove it; the grace of gc then starts again");
  };
  if (!text->starts_with(condemned_format)) throw damaged();
  Condemned condemned;
  std::istringstream lines(text->substr(condemned_format.size()));
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.find(' ');
    const auto since = parse_time(std::string_view(line).substr(0, space));
    if (space == std::string::npos || !since) throw damaged();
    condemned.emplace(line.substr(space + 1), *since);
  }
  return condemned;
}

void Store::note_condemned(const Condemned& condemned) {
  condemned_.reset();
  const std::string path = condemned_path(folder_);
  if (condemned.empty()) {
    if (!files_->status(path)) return;
    files_->remove(path);
    return files_->sync_folder(folder_);
  }
  std::string text(condemned_format);
  for (const auto& [file, since] : condemned) text.append(time_text(since)).append(" ").append(file) += '\n';
  const bool same = files_->status(path) && read_file(*files_, path, longest_condemned) == text;
  if (!same) replace(path, text, private_modes.file);
}

void Store::load_condemned() {
  try {
    condemned_ = condemned();
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    files_->remove(condemned_path(folder_));
    files_->sync_folder(folder_);
    condemned_.emplace();
  }
}

void Store::spare(const Digest& digest, const Packed& packed) {
  if (!condemned_) load_condemned();
  std::size_t spared = condemned_->erase(fmt::format("staging/{}{}", digest.hex(), partial_ending));
  for (const auto& object : {std::optional(packed.file), packed.table}) {
    if (!object) continue;
    for (const Place place : {Place::public_tree, Place::private_tree}) {
      spared += condemned_->erase(folder_of(place) + "/" + transfer::object_path(object->digest));
    }
  }
  if (spared == 0) return;
  Condemned left = *std::move(condemned_);
  note_condemned(left);  // if it cannot be written, the next one reads it anew
  condemned_ = std::move(left);
}

void Store::take(const std::vector<StoredFile>& files) {
  std::set<std::string> folders;
  for (const StoredFile& file : files) {
    const std::string path = folder_ + "/" + file.path;
    files_->remove(path);
    folders.insert(parent(path));
  }
  for (const std::string& folder : folders) files_->sync_folder(folder);
}

void Store::keep_head(Serial serial, std::string_view envelope) {
  files_->make_folder(heads_folder(folder_), private_modes.folder);
  replace(heads_folder(folder_) + "/" + head_name(serial), envelope, private_modes.file);
}

std::map<Serial, std::string> Store::kept_heads() const {
  std::map<Serial, std::string> heads;
  if (!files_->status(heads_folder(folder_))) return heads;
  for (const std::string& name : files_->list(heads_folder(folder_))) {
    const auto serial = serial_of(name);
    if (!serial) continue;
    std::string& envelope = heads[*serial];
    try {
      envelope = read_file(*files_, heads_folder(folder_) + "/" + name, largest_head);
    } catch (const Error& error) {  // its serial is known by its name
      if (error.fault() != Fault::local) throw;
    }
  }
  return heads;
}

Serial Store::highest_kept_head() const {
  if (!files_->status(heads_folder(folder_))) return 0;
  Serial highest = 0;
  for (const std::string& name : files_->list(heads_folder(folder_))) highest = std::max(highest, serial_of(name).value_or(0));
  return highest;
}

}  // namespace ingot::store
