// A disk that forgets at a power cut what was not synced, as the weakest file system that POSIX allows: bytes of a file until
// its sync, names in a folder until that folder's sync. The bytes are really on the disk below, so that the rest of the
// product sees them; cut() puts there what a machine would find after the cut.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::testing_support {

/// What outlives a cut beside what was synced.
enum class Cut {
  keeps_nothing_more,  ///< neither names nor bytes
  keeps_names,         ///< names reached the disk, bytes did not: the empty files of a rename without fsync
  keeps_bytes,         ///< bytes did, names did not
  keeps_some           ///< of either, by the dice; some bytes in part
};

class PowerCutFiles final : public io::Files {
 public:
  /// Works on `disk`; all that is below `roots` now counts as synced. Files elsewhere are none of its business.
  PowerCutFiles(io::Files& disk, std::vector<std::string> roots) : disk_(disk), roots_(std::move(roots)) { take_up(); }

  /// A sync that is not done, though it says so; asked for "sync PATH", "sync_folder PATH" and
  /// "sync_file_system PATH".
  std::function<bool(const std::string& line)> drops;

  /// Puts the files below the roots as they are after a power cut; the dice are for Cut::keeps_some.
  void cut(Cut how, std::mt19937_64& dice) {
    std::set<std::string> paths;
    for (const auto* entries : {&names_now_, &names_synced_}) {
      for (const auto& [path, file] : *entries) paths.insert(path);
    }
    std::map<std::string, Content> after;
    std::map<int, Content> bytes;  // one file is the same under all of its names
    for (const std::string& path : paths) {
      const bool keep_name = how == Cut::keeps_names || (how == Cut::keeps_some && dice() % 2 == 0);
      const auto& names = keep_name ? names_now_ : names_synced_;
      const auto found = names.find(path);
      if (found == names.end()) continue;
      if (!bytes.contains(found->second)) bytes[found->second] = outlives(found->second, how, dice);
      after[path] = bytes[found->second];
    }
    // A rename is one step, also from one folder to another: the old name does not go before the new one is there.
    for (const auto& [path, file] : names_synced_) {
      if (!bytes.contains(file) && is_named(file) && !after.contains(path)) after[path] = bytes[file] = outlives(file, how, dice);
    }
    put(after);
    take_up();
  }

  std::unique_ptr<io::File> open(const std::string& path, io::OpenFor purpose, io::FileMode mode) override {
    const bool is_new = purpose != io::OpenFor::read && !disk_.status(path);
    auto file = disk_.open(path, purpose, mode);
    if (purpose == io::OpenFor::read || !is_below_a_root(path)) return file;
    const std::scoped_lock lock(mutex_);
    if (is_new) {
      names_now_[path] = ++last_file_;
      synced_[last_file_] = Content{{}, mode.bits};
    }
    return std::make_unique<Watched>(*this, std::move(file), path, names_now_.at(path));
  }
  std::optional<io::FileStatus> status(const std::string& path) override { return disk_.status(path); }
  void make_folder(const std::string& path, io::FileMode mode) override { disk_.make_folder(path, mode); }
  void make_folder_unsynced(const std::string& path, io::FileMode mode) override { disk_.make_folder_unsynced(path, mode); }
  void rename(const std::string& from, const std::string& to) override {
    disk_.rename(from, to);
    moved(from, to);
  }
  bool rename_new(const std::string& from, const std::string& to) override {
    if (!disk_.rename_new(from, to)) return false;
    moved(from, to);
    return true;
  }
  bool link_new(const std::string& from, const std::string& to) override {
    if (!disk_.link_new(from, to)) return false;
    const std::scoped_lock lock(mutex_);
    if (const auto found = names_now_.find(from); found != names_now_.end()) names_now_[to] = found->second;
    return true;
  }
  void sync_folder(const std::string& path) override {
    disk_.sync_folder(path);
    if (drops && drops("sync_folder " + path)) return;
    const std::scoped_lock lock(mutex_);
    std::erase_if(names_synced_, [&](const auto& entry) { return parent_folder(entry.first) == path; });
    for (const auto& [name, file] : names_now_) {
      if (parent_folder(name) == path) names_synced_[name] = file;
    }
  }
  bool is_synced_as_a_whole(const std::string& folder) override { return disk_.is_synced_as_a_whole(folder); }
  void sync_file_system(const std::string& folder) override {
    disk_.sync_file_system(folder);
    if (drops && drops("sync_file_system " + folder)) return;
    const std::scoped_lock lock(mutex_);
    for (const auto& [path, file] : names_now_) synced_[file] = content_of(path);
    names_synced_ = names_now_;
  }
  void remove(const std::string& path) override {
    disk_.remove(path);
    const std::scoped_lock lock(mutex_);
    names_now_.erase(path);
  }
  void set_mode(const std::string& path, mode_t mode) override { disk_.set_mode(path, mode); }
  std::vector<std::string> list(const std::string& path) override { return disk_.list(path); }
  std::uint64_t space_total(const std::string& path) override { return disk_.space_total(path); }
  std::uint64_t space_available(const std::string& path) override { return disk_.space_available(path); }

 private:
  struct Content {
    std::string bytes;
    mode_t mode = 0;
  };

  class Watched final : public io::File {
   public:
    Watched(PowerCutFiles& files, std::unique_ptr<io::File> disk, std::string path, int file)
        : files_(files), disk_(std::move(disk)), path_(std::move(path)), file_(file) {}
    void write_all(std::string_view bytes) override { disk_->write_all(bytes); }
    void write_at(std::uint64_t offset, std::string_view bytes) override { disk_->write_at(offset, bytes); }
    std::size_t read_at(std::uint64_t offset, std::span<char> into) override { return disk_->read_at(offset, into); }
    void allocate(std::uint64_t length) override { disk_->allocate(length); }
    void start_writeback(std::uint64_t offset, std::uint64_t length) override { disk_->start_writeback(offset, length); }
    void truncate(std::uint64_t length) override { disk_->truncate(length); }
    void set_mode(mode_t mode) override { disk_->set_mode(mode); }
    void set_mtime(Time time) override { disk_->set_mtime(time); }
    void sync() override {
      disk_->sync();
      if (files_.drops && files_.drops("sync " + path_)) return;
      const io::FileStatus status = disk_->status();
      std::string bytes(static_cast<std::size_t>(status.size), '\0');
      bytes.resize(disk_->read_at(0, bytes));
      const std::scoped_lock lock(files_.mutex_);
      files_.synced_[file_] = Content{std::move(bytes), status.mode};
    }
    void write_out() override { disk_->write_out(); }  // no promise without sync_file_system
    void close() override { disk_->close(); }
    io::FileStatus status() override { return disk_->status(); }
    std::uint64_t hole_at(std::uint64_t offset) override { return disk_->hole_at(offset); }
    std::uint64_t written() override { return disk_->written(); }

   private:
    PowerCutFiles& files_;
    std::unique_ptr<io::File> disk_;
    std::string path_;
    int file_;
  };

  bool is_below_a_root(const std::string& path) const {
    return std::any_of(roots_.begin(), roots_.end(), [&](const std::string& root) { return path.starts_with(root + "/"); });
  }

  void moved(const std::string& from, const std::string& to) {
    const std::scoped_lock lock(mutex_);
    const auto found = names_now_.find(from);
    if (found == names_now_.end()) return;
    const int file = found->second;
    names_now_.erase(found);
    names_now_[to] = file;
  }

  bool is_named(int file) const {
    return std::any_of(names_now_.begin(), names_now_.end(), [&](const auto& entry) { return entry.second == file; });
  }

  static Content content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::string(std::istreambuf_iterator<char>(file), {}),
            static_cast<mode_t>(std::filesystem::status(path).permissions())};
  }

  void take_up() {
    names_now_.clear();
    synced_.clear();
    for (const std::string& root : roots_) {
      if (!std::filesystem::exists(root)) continue;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        names_now_[entry.path()] = ++last_file_;
        synced_[last_file_] = content_of(entry.path());
      }
    }
    names_synced_ = names_now_;
  }

  /// What is left of a file's bytes. Those of a file that has no name any more are only known as they were synced.
  Content outlives(int file, Cut how, std::mt19937_64& dice) const {
    const bool keep = how == Cut::keeps_bytes || (how == Cut::keeps_some && dice() % 2 == 0);
    const auto named =
        std::find_if(names_now_.begin(), names_now_.end(), [&](const auto& entry) { return entry.second == file; });
    if (!keep || named == names_now_.end()) return synced_.at(file);
    Content now = content_of(named->first);
    const bool torn = how == Cut::keeps_some && now.bytes != synced_.at(file).bytes && dice() % 2 == 0;
    if (torn) now.bytes.resize(dice() % (now.bytes.size() + 1));
    return now;
  }

  static void put(const std::string& path, const Content& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content.bytes;
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(content.mode));
  }

  void put(const std::map<std::string, Content>& after) {
    for (const auto& [path, file] : names_now_) {
      if (!after.contains(path)) std::filesystem::remove(path);
    }
    for (const auto& [path, content] : after) put(path, content);
  }

  io::Files& disk_;
  std::vector<std::string> roots_;
  std::mutex mutex_;
  int last_file_ = 0;
  std::map<std::string, int> names_now_;     ///< path → file
  std::map<std::string, int> names_synced_;  ///< as after a cut
  std::map<int, Content> synced_;            ///< bytes as after a cut
};

}  // namespace ingot::testing_support
