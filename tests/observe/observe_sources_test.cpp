#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "reconciler/observe/observe.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::observe_sources_test {
namespace {

namespace fs = std::filesystem;

class observe_sources_test : public testing::Test {
 protected:
  SourceView look(const std::string& name) {
    manifest_.images[0].source = folder_.path() + "/" + name;
    return observe_sources(manifest_).at(ImageName::of("image"));
  }
  std::string stamp(const std::string& name) {
    const SourceView view = look(name);
    return std::holds_alternative<SourceStamp>(view) ? std::get<SourceStamp>(view).stamp : "missing";
  }

  testing_support::TestFolder folder_;
  Manifest manifest_{.path = "ingot.toml",
                     .digest = {},
                     .server = {.name = ServerName::of("fpps-1"), .url = {}, .clients = {}, .targets = {}, .at = {}},
                     .limits = {},
                     .guard = {},
                     .peers = {},
                     .types = {},
                     .images = {{.name = ImageName::of("image"),
                                 .source = {},
                                 .digest = {},
                                 .exclude = {},
                                 .parent = {},
                                 .version = {},
                                 .reason = {},
                                 .platform = {},
                                 .description = {},
                                 .labels = {},
                                 .at = {}}},
                     .series = {},
                     .subscriptions = {},
                     .copies = {}};
};

TEST_F(observe_sources_test, R18_a_source_that_is_gone_is_missing) {
  EXPECT_TRUE(std::holds_alternative<SourceMissing>(look("gone")));
  EXPECT_TRUE(std::holds_alternative<SourceMissing>(look("gone/deeper")));
}

TEST_F(observe_sources_test, R18_a_changed_source_has_another_stamp) {
  std::ofstream(folder_.path() + "/file") << "one";
  const std::string before = stamp("file");
  EXPECT_NE(before, "");
  EXPECT_EQ(stamp("file"), before);
  std::ofstream(folder_.path() + "/file") << "longer";
  EXPECT_NE(stamp("file"), before);
}

TEST_F(observe_sources_test, a_source_is_as_large_as_its_files_together) {
  fs::create_directory(folder_.path() + "/tree");
  std::ofstream(folder_.path() + "/tree/one") << "one";
  std::ofstream(folder_.path() + "/tree/three") << "three";
  EXPECT_EQ(std::get<SourceStamp>(look("tree")).bytes, 8U);
  EXPECT_EQ(std::get<SourceStamp>(look("tree/one")).bytes, 3U);
}

TEST_F(observe_sources_test, a_source_that_cannot_be_surveyed_has_no_stamp) {
  fs::create_directory(folder_.path() + "/tree");
  ASSERT_EQ(::mkfifo((folder_.path() + "/tree/fifo").c_str(), 0600), 0);
  EXPECT_EQ(stamp("tree"), "");
  EXPECT_EQ(std::get<SourceStamp>(look("tree")).bytes, std::nullopt);
  fs::create_symlink("/nowhere", folder_.path() + "/link");
  EXPECT_EQ(stamp("link"), "");
}

TEST_F(observe_sources_test, an_image_without_a_source_is_not_looked_for) { EXPECT_TRUE(observe_sources(manifest_).empty()); }

}  // namespace
}  // namespace ingot::observe_sources_test
