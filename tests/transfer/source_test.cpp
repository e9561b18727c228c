// What of a source is taken: not what is this server's own, not what is mounted in it, and what a person is told of.
#include "reconciler/transfer/source.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "reconciler/transfer/canonical_tar.hpp"
#include "reconciler/transfer/same_image.hpp"
#include "schema/error.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"
#include "tests/transfer/trees.hpp"

namespace ingot::source_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

constexpr const char* no_mounts = "this user may not mount";

class TakenSource : public testing::Test {
 protected:
  TestFolder box;
  const std::string tree = box / "tree";
  void SetUp() override {
    fs::create_directories(tree + "/log");
    make_file(tree + "/a", "content");
  }

  /// The bytes of the tree; `meanwhile` happens once the first of them came.
  static std::string taken(const transfer::Source& source, const std::function<void()>& meanwhile = nullptr) {
    std::string bytes;
    bool happened = !meanwhile;
    transfer::write_canonical(
        source,
        [&](std::string_view more) {
          bytes += more;
          if (!happened) meanwhile();
          happened = true;
        },
        nullptr);
    return bytes;
  }
  static std::string failure(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::incomplete);
      return error.text();
    }
    return "";
  }
};

TEST_F(TakenSource, excluded_files_may_come_and_go_while_it_is_read) {
  const transfer::Source source{.path = tree, .exclude = {"log/**", "*.pid"}};
  const transfer::SourceSurvey before = transfer::survey_source(source);
  EXPECT_EQ(failure([&] {
              taken(source, [&] {
                make_file(tree + "/x.pid", "7");
                make_file(tree + "/log/today", "line");
              });
            }),
            "");
  EXPECT_TRUE(transfer::is_as_it_was(transfer::survey_source(source), before.stamp)) << "nor is that a change later";
  EXPECT_THAT(failure([&] { taken(source, [&] { make_file(tree + "/b", "new"); }); }),
              HasSubstr("\"./\" changed while it was read"));
  EXPECT_THAT(failure([&] { taken(source, [&] { fs::remove(tree + "/b"); }); }), HasSubstr("\"./\" changed while it was read"));
  EXPECT_THAT(failure([&] { taken({.path = tree}, [&] { make_file(tree + "/y.pid", "8"); }); }),
              HasSubstr("\"./\" changed while it was read"));
  EXPECT_THAT(failure([&] { taken(source, [&] { fs::permissions(tree, fs::perms::owner_all); }); }), HasSubstr("changed"));
}

TEST_F(TakenSource, what_is_this_servers_own_is_never_taken_whatever_path_leads_there) {
  fs::create_directories(box / "site/keys/old");
  fs::create_directories(box / "site/store");
  make_file(box / "site/keys/root.pem", "secret");
  make_file(box / "site/ingot.db", "state");
  make_file(box / "site/note", "harmless");
  const std::vector<OwnPlace> own{{"keys", box / "site/keys"}, {"state", box / "site/ingot.db"}, {"store", box / "site/store"}};
  const auto refusal = [&](const std::string& path, const std::vector<std::string>& exclude = {}) {
    const transfer::Source source{.path = path, .exclude = exclude, .own = own};
    const std::string text = failure([&] { transfer::survey_source(source); });
    EXPECT_EQ(failure([&] { taken(source); }), text);
    return text;
  };
  EXPECT_THAT(refusal(box / "site"), testing::AllOf(HasSubstr("\"./keys/\" holds this server's keys"),
                                                    HasSubstr("\"./ingot.db\" is this server's state")));
  EXPECT_THAT(refusal(box.path()), HasSubstr("\"./site/keys/\" holds this server's keys"));
  EXPECT_THAT(refusal(box / "site/keys"), HasSubstr("lies in this server's keys"));
  EXPECT_THAT(refusal(box / "site/keys/old"), HasSubstr("lies in this server's keys"));
  EXPECT_THAT(refusal(box / "site/keys/root.pem"), HasSubstr("lies in this server's keys"));
  fs::create_directory_symlink(box / "site", box / "other");
  EXPECT_THAT(refusal(box / "other/keys/old"), HasSubstr("lies in this server's keys"));
  EXPECT_EQ(refusal(box / "site", {"keys/**", "ingot.db"}), "") << "an empty store holds nothing";
  EXPECT_EQ(refusal(tree), "");
  const std::string text = in_child([&] {
    fs::create_directories(tree + "/hidden");
    if (!have_own_mounts() || !mount_on(box / "site/keys", tree + "/hidden")) return std::string(no_mounts);
    return failure([&] { taken({.path = tree, .cross_mounts = true, .own = own}); });
  });
  if (text == no_mounts) GTEST_SKIP() << text;
  EXPECT_THAT(text, HasSubstr("\"./hidden/\" holds this server's keys"));
}

TEST_F(TakenSource, what_is_mounted_in_it_is_left_out_and_named_unless_it_is_wanted) {
  fs::create_directories(tree + "/memory");
  fs::create_directories(tree + "/a b");
  make_file(tree + "/file", "below");
  const std::string text = in_child([&] {
    if (!have_own_mounts()) return std::string(no_mounts);
    fs::create_directories(box / "volume");
    make_file(box / "volume/v", "v");
    make_file(box / "hosts", "hosts");
    if (!mount_memory(tree + "/memory") || !mount_on(box / "volume", tree + "/a b") || !mount_on(box / "hosts", tree + "/file"))
      return std::string(no_mounts);
    make_file(tree + "/memory/m", "m");
    std::string said;
    std::string bytes;
    const transfer::SourceRemarks remarks = transfer::write_canonical(
        {.path = tree}, [&](std::string_view more) { bytes += more; }, nullptr);
    for (const std::string& one : remarks.texts()) said += one + "\n";
    restore_tree(bytes, box / "left");
    restore_tree(taken({.path = tree, .cross_mounts = true}), box / "crossed");
    return said;
  });
  if (text == no_mounts) GTEST_SKIP() << text;
  EXPECT_EQ(
      text,
      "other mounts or subvolumes at \"./a b/\", \"./file\", \"./memory/\" were left out; cross_mounts = true takes them\n");
  EXPECT_TRUE(fs::is_empty(box / "left/memory"));
  EXPECT_TRUE(fs::is_empty(box / "left/a b"));
  EXPECT_FALSE(fs::exists(box / "left/file"));
  EXPECT_EQ(read_text(box / "crossed/memory/m"), "m");
  EXPECT_EQ(read_text(box / "crossed/a b/v"), "v");
  EXPECT_EQ(read_text(box / "crossed/file"), "hosts");
}

TEST_F(TakenSource, private_keys_and_attributes_that_are_not_kept_are_told_of_by_kind) {
  make_file(tree + "/key.pem", "Bag Attributes\n-----BEGIN RSA PRIVATE KEY-----\nMII\n");
  make_file(tree + "/id_ed25519", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
  make_file(tree + "/cert.pem", "-----BEGIN CERTIFICATE-----\nMII\n-----BEGIN PUBLIC KEY-----\n");
  make_file(tree + "/how-to", "it begins with -----BEGIN PRIVATE KEY-----\n");
  const bool has_attributes = setxattr((tree + "/a").c_str(), "user.origin", "x", 1, 0) == 0 &&
                              setxattr((tree + "/cert.pem").c_str(), "user.other", "x", 1, 0) == 0;
  const transfer::SourceRemarks remarks = transfer::write_canonical(
      {.path = tree}, [](std::string_view) {}, nullptr);
  EXPECT_THAT(remarks.private_keys, testing::ElementsAre("./id_ed25519", "./key.pem"));
  EXPECT_THAT(transfer::write_canonical(
                  {.path = tree + "/key.pem"}, [](std::string_view) {}, nullptr)
                  .private_keys,
              testing::SizeIs(1));
  if (!has_attributes) GTEST_SKIP() << "no user attributes on this file system";
  ASSERT_EQ(remarks.attributes.count("user.*"), 1U);
  EXPECT_EQ(remarks.attributes.at("user.*"), 2U);
  EXPECT_THAT(remarks.texts(), testing::Contains(HasSubstr("user.* of 2 members")));
}

TEST_F(TakenSource, is_readable_where_an_old_runtime_refuses_faccessat2) {
  EXPECT_EQ(in_child([&] {
              refuse_call(SYS_faccessat2, EPERM);
              return failure([&] { transfer::survey_source({.path = tree}); });
            }),
            "");
}

TEST_F(TakenSource, is_just_the_image_or_is_not) {
  const std::string bytes = canonical_bytes(tree);
  const Digest digest = canonical_digest(tree);
  const auto just = [&](const std::string& path, ImageKind kind, std::uint64_t size) {
    return transfer::is_just(path, kind, digest, size, nullptr);
  };
  EXPECT_TRUE(just(tree, ImageKind::tree, bytes.size()));
  EXPECT_TRUE(just(tree + "/", ImageKind::tree, bytes.size()));
  EXPECT_FALSE(just(tree, ImageKind::file, bytes.size()));
  EXPECT_FALSE(just(box / "none", ImageKind::tree, bytes.size()));
  make_file(tree + "/b", "more");
  EXPECT_FALSE(just(tree, ImageKind::tree, bytes.size()));
  fs::remove(tree + "/b");
  set_mtime(tree, 1);
  EXPECT_FALSE(just(tree, ImageKind::tree, bytes.size())) << "its time is another";
}

}  // namespace
}  // namespace ingot::source_test
