// The real disk with a counter: the n-th operation fails, and a journal of all of them says in which order they came.
#pragma once

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/disk/files.hpp"

namespace ingot::testing_support {

class FaultFiles final : public io::Files {
 public:
  /// The operation with this number (from 1) fails; 0: none.
  std::size_t fail_at = 0;
  int error = EIO;
  /// After that one all fail: the disk is gone, or the process is dead.
  bool for_ever = false;
  /// Counts and fails only operations whose journal line begins so.
  std::string only;
  std::function<void(const std::string& line)> watch;
  /// On which file system a path lies, by what it really is.
  std::function<std::uint64_t(const std::string& path, std::uint64_t device)> device_of;
  /// Whatever the real one is.
  bool synced_as_a_whole = true;

  const std::vector<std::string>& journal() const { return journal_; }
  std::size_t count() const { return count_; }
  void start_over() {
    journal_.clear();
    count_ = 0;
  }

  std::unique_ptr<io::File> open(const std::string& path, io::OpenFor purpose, io::FileMode mode) override {
    step(purpose == io::OpenFor::read ? "read " : "open ", path);
    return std::make_unique<Counted>(*this, real_.open(path, purpose, mode), path);
  }
  std::optional<io::FileStatus> status(const std::string& path) override {
    auto found = real_.status(path);
    if (found && device_of) found->device = device_of(path, found->device);
    return found;
  }
  void make_folder(const std::string& path, io::FileMode mode) override {
    step("folder ", path);
    real_.make_folder(path, mode);
  }
  void make_folder_unsynced(const std::string& path, io::FileMode mode) override {
    step("folder ", path);
    real_.make_folder_unsynced(path, mode);
  }
  void rename(const std::string& from, const std::string& to) override {
    step("rename ", from + " -> " + to);
    real_.rename(from, to);
  }
  bool rename_new(const std::string& from, const std::string& to) override {
    step("rename ", from + " -> " + to);
    return real_.rename_new(from, to);
  }
  bool link_new(const std::string& from, const std::string& to) override {
    step("link ", from + " -> " + to);
    return real_.link_new(from, to);
  }
  void sync_folder(const std::string& path) override {
    step("sync_folder ", path);
    real_.sync_folder(path);
  }
  bool is_synced_as_a_whole(const std::string&) override { return synced_as_a_whole; }
  void sync_file_system(const std::string& folder) override {
    step("sync_file_system ", folder);
    real_.sync_file_system(folder);
  }
  void remove(const std::string& path) override {
    step("remove ", path);
    real_.remove(path);
  }
  void set_mode(const std::string& path, mode_t mode) override {
    step("mode ", path);
    real_.set_mode(path, mode);
  }
  std::vector<std::string> list(const std::string& path) override { return real_.list(path); }
  std::uint64_t space_total(const std::string& path) override { return real_.space_total(path); }
  std::uint64_t space_available(const std::string& path) override { return real_.space_available(path); }

 private:
  class Counted final : public io::File {
   public:
    Counted(FaultFiles& files, std::unique_ptr<io::File> real, std::string path)
        : files_(files), real_(std::move(real)), path_(std::move(path)) {}
    void write_all(std::string_view bytes) override {
      files_.step("write ", path_);
      real_->write_all(bytes);
    }
    void write_at(std::uint64_t offset, std::string_view bytes) override {
      files_.step("write ", path_);
      real_->write_at(offset, bytes);
    }
    std::size_t read_at(std::uint64_t offset, std::span<char> into) override { return real_->read_at(offset, into); }
    void allocate(std::uint64_t length) override {
      files_.step("allocate ", path_);
      real_->allocate(length);
    }
    void start_writeback(std::uint64_t offset, std::uint64_t length) override { real_->start_writeback(offset, length); }
    void truncate(std::uint64_t length) override {
      files_.step("truncate ", path_);
      real_->truncate(length);
    }
    void set_mode(mode_t mode) override {
      files_.step("mode ", path_);
      real_->set_mode(mode);
    }
    void set_mtime(Time time) override {
      files_.step("mtime ", path_);
      real_->set_mtime(time);
    }
    void sync() override {
      files_.step("sync ", path_);
      real_->sync();
    }
    void write_out() override {
      files_.step("write_out ", path_);
      real_->write_out();
    }
    void close() override {
      files_.step("close ", path_);
      real_->close();
    }
    io::FileStatus status() override { return real_->status(); }
    std::uint64_t hole_at(std::uint64_t offset) override { return real_->hole_at(offset); }
    std::uint64_t written() override { return real_->written(); }

   private:
    FaultFiles& files_;
    std::unique_ptr<io::File> real_;
    std::string path_;
  };

  void step(const std::string& act, const std::string& path) {
    const std::scoped_lock lock(mutex_);
    const std::string line = act + path;
    if (line.starts_with(only)) {
      ++count_;
      if (fail_at != 0 && (count_ == fail_at || (for_ever && count_ > fail_at)))
        throw io::file_error("do (as the test wants it) " + act + "with", path, error);
    }
    journal_.push_back(line);
    if (watch) watch(line);
  }

  io::PosixFiles real_;
  std::mutex mutex_;
  std::vector<std::string> journal_;
  std::size_t count_ = 0;
};

}  // namespace ingot::testing_support
