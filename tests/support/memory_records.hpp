// What uploads remember, in memory.
#pragma once

#include <mutex>

#include "reconciler/upload/records.hpp"

namespace ingot::testing_support {

class MemoryRecords : public upload::Records {
 public:
  upload::RecordedHead head() override {
    const std::lock_guard lock(mutex_);
    return head_;
  }
  std::map<std::string, upload::RecordedObject> objects() override {
    const std::lock_guard lock(mutex_);
    return objects_;
  }
  void begin(const std::vector<upload::TreeFile>& files) override {
    const std::lock_guard lock(mutex_);
    for (const auto& file : files) {
      const auto found = objects_.find(file.path);
      if (found == objects_.end() || found->second.piece != file.piece) parts_.erase(file.path);
      objects_[file.path] = {.piece = file.piece, .etag = {}};
    }
  }
  void done(const std::vector<std::pair<upload::TreeFile, std::string>>& files) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [file, etag] : files) {
      parts_.erase(file.path);
      objects_[file.path] = {.piece = file.piece, .etag = etag};
    }
  }
  void head_is(const upload::RecordedHead& head) override {
    const std::lock_guard lock(mutex_);
    head_ = head;
  }
  std::optional<upload::RecordedParts> parts(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    const auto found = parts_.find(path);
    return found == parts_.end() ? std::nullopt : std::optional(found->second);
  }
  void parts_are(const std::string& path, const std::string& id) override {
    const std::lock_guard lock(mutex_);
    parts_.erase(path);
    if (!id.empty()) parts_[path].id = id;
  }
  void part_is_there(const std::string& path, int number, const std::string& etag) override {
    const std::lock_guard lock(mutex_);
    parts_[path].etags[number] = etag;
  }
  std::vector<std::string> paths_in_parts() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> paths;
    for (const auto& [path, parts] : parts_) paths.push_back(path);
    return paths;
  }
  void mark_unneeded(const std::vector<std::pair<std::string, std::optional<Time>>>& paths) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, since] : paths) objects_.at(path).unneeded_since = since;
  }
  void forget(const std::vector<std::string>& paths) override {
    const std::lock_guard lock(mutex_);
    for (const auto& path : paths) objects_.erase(path);
  }

 private:
  std::mutex mutex_;
  upload::RecordedHead head_;
  std::map<std::string, upload::RecordedObject> objects_;
  std::map<std::string, upload::RecordedParts> parts_;
};

}  // namespace ingot::testing_support
