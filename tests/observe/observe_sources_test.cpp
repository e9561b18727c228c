#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reconciler/observe/observe.hpp"
#include "state/image_rows.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::observe_sources_test {
namespace {

namespace fs = std::filesystem;

class observe_sources_test : public testing::Test {
 protected:
  plan::SourceView look(const std::string& name) {
    manifest_.images[0].source = folder_.path() + "/" + name;
    return look();
  }
  plan::SourceView look(observe::SourceLook how = observe::SourceLook::top, const std::vector<plan::DamagedImage>& damaged = {}) {
    return observe::observe_sources(manifest_, rows_, damaged, how).at(ImageName::of("image"));
  }
  /// The image is here since its source was as it is now.
  void add() {
    state::ImageRow row = state::blank_row(ImageName::of("image"), manifest_.server.name);
    row.source_stamp = stamp_text(look());
    rows_ = {row};
  }
  static std::string stamp_text(const plan::SourceView& view) {
    return std::holds_alternative<plan::SourceStamp>(view) ? std::get<plan::SourceStamp>(view).stamp : "missing";
  }
  std::string stamp(const std::string& name) { return stamp_text(look(name)); }

  testing_support::TestFolder folder_;
  std::vector<state::ImageRow> rows_;
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
  EXPECT_TRUE(std::holds_alternative<plan::SourceMissing>(look("gone")));
  EXPECT_TRUE(std::holds_alternative<plan::SourceMissing>(look("gone/deeper")));
}

TEST_F(observe_sources_test, R18_a_source_that_this_user_cannot_look_at_is_not_said_to_be_gone) {
  std::filesystem::create_directory(folder_.path() + "/closed");
  std::ofstream(folder_.path() + "/closed/file") << "one";
  ASSERT_EQ(::chmod((folder_.path() + "/closed").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const std::string why = testing_support::in_child([&]() -> std::string {
    if (!testing_support::become_nobody()) return "skip";
    const auto view = look("closed/file");
    return std::holds_alternative<plan::SourceMissing>(view) ? std::get<plan::SourceMissing>(view).why : "there";
  });
  EXPECT_EQ(why, "cannot be looked at (Permission denied)");
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
  EXPECT_EQ(std::get<plan::SourceStamp>(look("tree")).bytes, 8U);
  EXPECT_EQ(std::get<plan::SourceStamp>(look("tree/one")).bytes, 3U);
}

TEST_F(observe_sources_test, a_source_that_cannot_be_surveyed_has_no_stamp) {
  fs::create_directory(folder_.path() + "/tree");
  ASSERT_EQ(::mkfifo((folder_.path() + "/tree/fifo").c_str(), 0600), 0);
  EXPECT_EQ(stamp("tree"), "");
  EXPECT_EQ(std::get<plan::SourceStamp>(look("tree")).bytes, std::nullopt);
  fs::create_symlink("/nowhere", folder_.path() + "/link");
  EXPECT_EQ(stamp("link"), "");
}

TEST_F(observe_sources_test, an_image_without_a_source_is_not_looked_for) {
  EXPECT_TRUE(observe::observe_sources(manifest_, {}, {}, observe::SourceLook::top).empty());
}

class LargeSource : public observe_sources_test {
 protected:
  const std::string tree_ = folder_.path() + "/tree";
  std::string first_;
  void SetUp() override {
    fs::create_directories(tree_ + "/deep");
    for (int i = 0; i < 10'000; ++i) std::ofstream(tree_ + "/deep/" + std::to_string(i));
    look("tree");
    add();
    first_ = rows_[0].source_stamp;
  }
  void change_below() const { std::ofstream(tree_ + "/deep/7") << "other"; }
  void touch_top() const {
    const auto time = fs::last_write_time(tree_);
    std::ofstream(tree_ + "/new");
    fs::remove(tree_ + "/new");
    fs::last_write_time(tree_, time);
  }
};

TEST_F(LargeSource, once_added_is_looked_at_by_its_top_alone) {
  change_below();
  EXPECT_EQ(stamp_text(look()), first_) << "no member was looked at";
  EXPECT_NE(stamp_text(look(observe::SourceLook::whole)), first_);
  EXPECT_NE(stamp_text(look(observe::SourceLook::top,
                            {{.address = {}, .name = ImageName::of("image"), .path = {}, .why = {}, .digest = {}}})),
            first_)
      << "what is damaged may be made of it again";
  rows_[0].deleted = true;
  EXPECT_NE(stamp_text(look()), first_) << "what is put back is made of it, or is what it was";
}

TEST_F(LargeSource, is_looked_at_as_a_whole_when_its_top_changed) {
  touch_top();
  EXPECT_EQ(stamp_text(look()), first_) << "nothing that counts is other than it was";
  change_below();
  EXPECT_NE(stamp_text(look()), first_);
}

TEST_F(LargeSource, whose_stamp_says_nothing_of_its_top_is_looked_at_as_a_whole) {
  rows_[0].source_stamp = first_.substr(0, first_.find(' '));
  EXPECT_EQ(stamp_text(look()), rows_[0].source_stamp);
  change_below();
  EXPECT_NE(stamp_text(look()), rows_[0].source_stamp);
}

TEST_F(observe_sources_test, R18_a_small_source_is_looked_at_as_a_whole) {
  fs::create_directories(folder_.path() + "/tree/deep");
  std::ofstream(folder_.path() + "/tree/deep/one") << "one";
  look("tree");
  add();
  EXPECT_EQ(stamp_text(look()), rows_[0].source_stamp);
  std::ofstream(folder_.path() + "/tree/deep/one") << "longer";
  EXPECT_NE(stamp_text(look()), rows_[0].source_stamp);
}

}  // namespace
}  // namespace ingot::observe_sources_test
