// A folder of one test under testing::TempDir() or another place, removed with the test.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::testing_support {

/// Where a test may work that syncs thousands of times and does not ask whether that reached a disk: memory, if there is any.
inline std::string quick_folder() { return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : testing::TempDir(); }

class TestFolder {
 public:
  /// `below` ends in a slash.
  explicit TestFolder(const std::string& below = testing::TempDir()) {
    static std::atomic<int> number = 0;
    path_ = below + "ingot-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
    std::filesystem::create_directories(path_);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace ingot::testing_support
