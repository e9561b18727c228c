#include "reconciler/io/disk/peer_memory.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/peer_memory_text.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/catalog/root.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

constexpr std::uint64_t largest_head_file = largest_head + 16 * 1024;
constexpr mode_t private_folder = 0700;
constexpr mode_t file_mode = 0600;

constexpr std::string_view floor_prefix = "floor-";

/// The name holds the floor too, so that a damaged file still counts: "floor-<20 digits epoch>-<20 digits serial>".
std::string floor_name(const Floor& floor) { return fmt::format("{}{:020}-{:020}", floor_prefix, floor.epoch, floor.serial); }

std::optional<std::uint64_t> floor_number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// epoch and serial that a floor's name says; nullopt: no floor.
std::optional<std::pair<std::uint64_t, Serial>> named_floor(std::string_view name) {
  if (!name.starts_with(floor_prefix) || name.size() != floor_prefix.size() + 41 || name[floor_prefix.size() + 20] != '-')
    return std::nullopt;
  const auto epoch = floor_number(name.substr(floor_prefix.size(), 20));
  const auto serial = floor_number(name.substr(floor_prefix.size() + 21));
  if (!epoch || !serial) return std::nullopt;
  return std::pair(*epoch, *serial);
}

/// Whoever may write where a link leads would say what peers have said.
void refuse_a_link(Files& files, const std::string& folder) {
  const auto there = files.status(folder);
  if (!there || there->kind != EntryKind::link) return;
  throw Error(Fault::local, fmt::format("\"{}\" is a link: it must be a folder itself", printable(folder)),
              "remove the link and move the folder that it leads to into its place; to keep all of it elsewhere, set `state` in "
              "[server]")
      .about(folder);
}

/// The name of the highest floor's file; the digits in the names make it the last.
std::optional<std::string> highest_floor(Files& files, const std::string& folder) {
  refuse_a_link(files, folder);
  if (!files.status(folder)) return std::nullopt;
  const std::vector<std::string> names = files.list(folder);
  const auto found =
      std::find_if(names.rbegin(), names.rend(), [](const std::string& name) { return named_floor(name).has_value(); });
  return found == names.rend() ? std::nullopt : std::optional(*found);
}

/// Removes what replace_file of a run that died did not finish: "….new". Another run may be writing one just now, also on
/// another machine, so what counts is the disk's own clock: such a file lives for an instant.
void remove_left_overs(Files& files, const std::string& folder) {
  constexpr std::int64_t a_day = 24 * 60 * 60;
  std::int64_t newest = 0;
  std::vector<std::pair<std::int64_t, std::string>> unfinished;
  for (const std::string& name : files.list(folder)) {
    const auto there = files.status(folder + "/" + name);
    if (!there) continue;
    newest = std::max(newest, there->mtime_seconds);
    if (name.ends_with(".new")) unfinished.emplace_back(there->mtime_seconds, folder + "/" + name);
  }
  for (const auto& [written, path] : unfinished) {
    if (written + a_day < newest) files.remove(path);
  }
}

/// The cache may be deleted at any time: what stands in place of a folder of it, such as a link that leads elsewhere, is.
void make_cache_folder(Files& files, const std::string& folder) {
  const auto there = files.status(folder);
  if (there && there->kind == EntryKind::folder) return;
  if (there) files.remove(folder);
  make_folders(files, folder, private_folder);
}

}  // namespace

PeerMemory::PeerMemory(Files& files, std::string state_folder) : files_(files), folder_(std::move(state_folder)) {
  refuse_linked_memory(files, folder_);
}

void refuse_linked_memory(Files& files, const std::string& state_folder) {
  for (const char* name : {"/cache", "/trust"}) refuse_a_link(files, state_folder + name);
}

std::string PeerMemory::cache_of(const ServerId& id) const { return fmt::format("{}/cache/{}", folder_, id.root.hex()); }
std::string PeerMemory::trust_of(const ServerId& id) const { return fmt::format("{}/trust/{}", folder_, id.root.hex()); }
std::string PeerMemory::evidence_folder(const ServerId& id) const { return trust_of(id) + "/evidence"; }
std::string PeerMemory::evidence_mark(const ServerId& id) const { return trust_of(id) + "/evidence-is-shared"; }

std::optional<std::string> PeerMemory::read(const std::string& path, std::uint64_t at_most, std::string* unreadable) {
  try {
    return read_file_if_there(files_, path, at_most);
  } catch (const Error& error) {  // unreadable counts as not there
    // The system would not let it be read; what is too long to be ours is damaged.
    if (unreadable && !error.mend().empty()) *unreadable = fmt::format("{}; {}", error.text(), error.mend());
    if (is_disk_fault(error)) complain(fmt::format("what is known of peers cannot be read: {}", error.text()));
    return std::nullopt;
  }
}

void PeerMemory::complain(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (!trouble_) trouble_ = what;
}

void PeerMemory::attempt(const std::function<void()>& work) {
  {
    const std::lock_guard lock(mutex_);
    if (writes_failed_) return;
  }
  try {
    work();
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    complain(fmt::format("what is known of peers cannot be kept: {}{}{}", error.text(), error.mend().empty() ? "" : "; ",
                         error.mend()));
    const std::lock_guard lock(mutex_);
    writes_failed_ = true;
  }
}

void PeerMemory::keep(const std::string& folder, const std::string& name, std::string_view bytes) {
  attempt([&] {
    make_cache_folder(files_, folder);
    replace_file_unsynced(files_, folder + "/" + name, bytes, file_mode);
  });
}

std::optional<std::string> PeerMemory::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

std::vector<ServerId> PeerMemory::servers_with_floors() {
  std::vector<ServerId> ids;
  const std::string folder = folder_ + "/trust";
  if (!files_.status(folder)) return ids;
  for (const auto& name : files_.list(folder)) {
    const auto digest = Digest::parse_hex(name);
    if (digest && highest_floor(files_, folder + "/" + name)) ids.push_back(ServerId{*digest});
  }
  return ids;
}

std::optional<CachedHead> PeerMemory::head(const ServerId& id) {
  const auto text = read(cache_of(id) + "/head", largest_head_file);
  return text ? parse_cached_head(*text) : std::nullopt;
}

void PeerMemory::keep_head(const ServerId& id, const CachedHead& head) { keep(cache_of(id), "head", write_cached_head(head)); }

std::optional<std::string> PeerMemory::root(const ServerId& id, std::uint64_t version) {
  return read(fmt::format("{}/root-{}.dsse", cache_of(id), version), largest_root);
}

void PeerMemory::keep_root(const ServerId& id, std::uint64_t version, std::string_view envelope) {
  keep(cache_of(id), fmt::format("root-{}.dsse", version), envelope);
}

std::optional<std::string> PeerMemory::piece(const ServerId& id, const Piece& piece) {
  auto bytes = read(fmt::format("{}/c/{}", cache_of(id), piece.digest.hex()), piece.length);
  if (!bytes || bytes->size() != piece.length || sha256(*bytes) != piece.digest) return std::nullopt;
  return bytes;
}

void PeerMemory::keep_piece(const ServerId& id, const Piece& piece, std::string_view bytes) {
  attempt([&] { make_cache_folder(files_, cache_of(id)); });
  keep(cache_of(id) + "/c", piece.digest.hex(), bytes);
}

void PeerMemory::forget_pieces_but(const ServerId& id, const std::vector<Digest>& keep) {
  const std::string folder = cache_of(id) + "/c";
  if (!files_.status(folder)) return;
  std::set<std::string> kept;
  for (const auto& digest : keep) kept.insert(digest.hex());
  attempt([&] {
    for (const auto& name : files_.list(folder)) {
      if (Digest::parse_hex(name) && !kept.contains(name)) files_.remove(folder + "/" + name);
    }
    remove_left_overs(files_, folder);
  });
}

std::optional<SettledMark> PeerMemory::settled(const ServerId& id) {
  const auto text = read(cache_of(id) + "/settled", largest_mark);
  return text ? parse_settled(*text) : std::nullopt;
}

void PeerMemory::keep_settled(const ServerId& id, const SettledMark& mark) {
  const std::string text = write_settled(mark);
  if (text.size() <= largest_mark) keep(cache_of(id), "settled", text);
}

std::optional<FloorRecord> PeerMemory::floor_record(const ServerId& id) {
  const std::string folder = trust_of(id);
  for (;;) {
    const auto name = highest_floor(files_, folder);
    if (!name) return std::nullopt;
    const auto named = named_floor(*name).value();
    const std::string path = folder + "/" + *name;
    std::string unreadable;
    const auto text = read(path, largest_head_file, &unreadable);
    auto record = text ? parse_floor(*text) : std::nullopt;
    const bool whole = record && record->floor.id == id && std::pair(record->floor.epoch, record->floor.serial) == named;
    if (whole) return record;
    // Another run may have raised the floor meanwhile and taken this file away: then a higher one is there.
    if (!text && highest_floor(files_, folder) != name) continue;
    complain(unreadable.empty() ? fmt::format("the floor of trust \"{}\" is damaged: only its number still counts", path)
                                : fmt::format("the floor of trust cannot be read, so only its number counts: {}", unreadable));
    // The head at this very serial cannot be compared any more, but all below it stay refused.
    Floor floor;
    floor.id = id;
    floor.epoch = named.first;
    floor.serial = named.second > 0 ? named.second - 1 : 0;
    return FloorRecord{floor, {}};
  }
}

std::optional<Floor> PeerMemory::floor(const ServerId& id) {
  const auto record = floor_record(id);
  return record ? std::optional(record->floor) : std::nullopt;
}

/// Each floor is a file of its own that never changes, and only lower ones are removed: so several runs at once can
/// only raise it, with no lock.
void PeerMemory::raise_floor(const Floor& floor, std::string_view head_envelope) {
  const std::string folder = trust_of(floor.id);
  const std::string name = floor_name(floor);
  attempt([&] {
    const auto current = this->floor(floor.id);
    const auto is = [&](auto compare) {
      return current && compare(std::pair(current->epoch, current->serial), std::pair(floor.epoch, floor.serial));
    };
    if (is(std::equal_to<>())) files_.sync_folder(folder);  // perhaps a run died before it did
    if (is(std::greater_equal<>())) return;
    const auto there = files_.status(folder);
    if (there && there->kind != EntryKind::folder)
      throw Error(Fault::local, fmt::format("\"{}\" is no folder of this server's", folder));
    make_folders(files_, folder, private_folder);
    replace_file(files_, folder + "/" + name, write_floor({floor, std::string(head_envelope)}), file_mode);
    for (const auto& other : files_.list(folder)) {
      if (named_floor(other) && other < name) files_.remove(folder + "/" + other);
    }
    remove_left_overs(files_, folder);
  });
}

void PeerMemory::add_evidence(const ServerId& id, const std::vector<std::string>& heads) {
  const std::string folder = evidence_folder(id);
  attempt([&] {
    for (const auto& level : {trust_of(id), folder}) refuse_a_link(files_, level);
    make_folders(files_, folder, private_folder);
    for (const auto& envelope : heads) {
      if (!envelope.empty()) replace_file(files_, fmt::format("{}/{}.dsse", folder, sha256(envelope).hex()), envelope, file_mode);
    }
  });
  if (files_.status(folder)) return;
  const std::lock_guard lock(mutex_);
  contradicted_.insert(id);
}

std::string PeerMemory::keep_evidence(const ServerId& id, std::string_view one, std::string_view other) {
  add_evidence(id, {std::string(one), std::string(other)});
  return evidence_folder(id);
}

bool PeerMemory::has_evidence(const ServerId& id) {
  if (files_.status(evidence_folder(id))) return true;
  const std::lock_guard lock(mutex_);
  return contradicted_.contains(id);
}

std::string PeerMemory::evidence(const ServerId& id) {
  std::vector<std::string> heads;
  const std::string folder = evidence_folder(id);
  if (!files_.status(folder)) return "";
  for (const auto& name : files_.list(folder)) {
    auto envelope = name.ends_with(".dsse") ? read(folder + "/" + name, largest_head) : std::nullopt;
    if (envelope) heads.push_back(*std::move(envelope));
  }
  return write_evidence(heads);
}

void PeerMemory::take_evidence(const ServerId& id, std::string_view text) { add_evidence(id, parse_evidence(text)); }

void PeerMemory::set_evidence_aside(const ServerId& id) {
  const std::string folder = evidence_folder(id);
  attempt([&] {
    for (int number = 1; files_.status(folder) && !files_.rename_new(folder, fmt::format("{}-settled-{}", folder, number));)
      ++number;
  });
  const std::lock_guard lock(mutex_);
  contradicted_.erase(id);
}

bool PeerMemory::is_evidence_shared(const ServerId& id) { return files_.status(evidence_mark(id)).has_value(); }

void PeerMemory::mark_evidence_shared(const ServerId& id, bool shared) {
  attempt([&] {
    if (shared) {
      make_folders(files_, trust_of(id), private_folder);
      replace_file(files_, evidence_mark(id), "", file_mode);
    } else if (files_.status(evidence_mark(id))) {
      files_.remove(evidence_mark(id));
    }
  });
}

std::vector<ServerId> PeerMemory::servers() {
  std::set<ServerId> ids;
  for (const std::string& folder : {folder_ + "/trust", folder_ + "/cache"}) {
    if (!files_.status(folder)) continue;
    for (const auto& name : files_.list(folder)) {
      if (const auto digest = Digest::parse_hex(name)) ids.insert(ServerId{*digest});
    }
  }
  return {ids.begin(), ids.end()};
}

}  // namespace ingot::io
