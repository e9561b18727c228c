// Processes that work in an export are seen, each way that there is.
#include "reconciler/exports/in_use.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exports/exporting.hpp"
#include "tests/support/process.hpp"

namespace ingot::in_use_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

class InUse : public testing::Test, protected Exporting {
 protected:
  InUse() {
    put_tree("a");
    put_tree("ab");
  }
  /// Waits until somebody uses the export "a"; "" if nobody does after 20 seconds.
  std::string use() const {
    for (int i = 0; i < 400; ++i) {
      const auto found = exports::uses_of({to + "/a", to + "/ab"});
      EXPECT_FALSE(found.contains(to + "/ab"));
      if (const auto one = found.find(to + "/a"); one != found.end()) return one->second;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return "";
  }
  const std::string log = outer / "log";
};

TEST_F(InUse, nobody_uses_what_nobody_uses) { EXPECT_TRUE(exports::uses_of({to + "/a", to + "/gone"}).empty()); }

TEST_F(InUse, sees_a_working_folder) {
  const Running shell({.arguments = {"sleep", "600"}, .folder = to + "/a/bin", .environment = {}}, log);
  EXPECT_THAT(use(), HasSubstr("has its working folder there"));
}

TEST_F(InUse, sees_an_open_file) {
  const Running shell({.arguments = {"sh", "-c", "exec 5<" + to + "/a/bin/run; exec sleep 600"}, .folder = "", .environment = {}},
                      log);
  EXPECT_THAT(use(), HasSubstr("has a file open there"));
}

TEST_F(InUse, sees_a_running_program) {
  fs::copy_file("/bin/sleep", to + "/a/bin/sleep");
  const Running program({.arguments = {to + "/a/bin/sleep", "600"}, .folder = "", .environment = {}}, log);
  EXPECT_THAT(use(), HasSubstr("runs a program there"));
}

TEST_F(InUse, sees_it_through_a_link_too) {
  fs::create_directory_symlink(to, outer / "short");
  const Running shell({.arguments = {"sleep", "600"}, .folder = to + "/a", .environment = {}}, log);
  ASSERT_NE(use(), "");
  EXPECT_TRUE(exports::uses_of({outer / "short/a"}).contains(outer / "short/a"));
}

}  // namespace
}  // namespace ingot::in_use_test
