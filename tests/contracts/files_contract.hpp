// What every implementation of the Files port must do. A test program that links files_contract.cpp instantiates it:
//   INSTANTIATE_TEST_SUITE_P(posix, files_contract, testing::Values(make_posix));
#pragma once

#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include "reconciler/io/disk/files.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {

/// Makes the implementation under test; what it wraps lives as long as it does.
struct FilesMaker {
  const char* name;
  std::function<std::shared_ptr<io::Files>()> make;
};
inline void PrintTo(const FilesMaker& maker, std::ostream* out) { *out << maker.name; }

class files_contract : public testing::TestWithParam<FilesMaker> {
 protected:
  std::string at(const std::string& name) const { return folder_.path() + "/" + name; }
  void write(const std::string& name, const std::string& bytes) {
    const auto file = files_->open(at(name), io::OpenFor::create_or_open);
    file->truncate(0);
    file->write_all(bytes);
    file->close();
  }
  std::string read(const std::string& name) { return io::read_file(*files_, at(name), 1 << 20); }

  TestFolder folder_;
  std::shared_ptr<io::Files> files_ = GetParam().make();
};

}  // namespace ingot::testing_support
