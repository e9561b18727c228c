// A published tree on another disk: whatever operation fails, the head is the old one or the new, and the next run completes it.
#include "reconciler/store/medium.hpp"

#include <map>

#include <sys/syscall.h>

#include "schema/error.hpp"
#include "tests/store/store_fixture.hpp"
#include "tests/support/in_child.hpp"

namespace ingot::medium_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

struct MediumTest : StoreTest {
  const std::string stick = box.path() + "/stick";
  const std::string bytes = noise(2'500'000);
  const Piece piece{io::sha256(bytes), bytes.size()};
  const std::string object = "b/ab/object";
  std::uint64_t came = 0;

  void SetUp() override {
    fs::create_directory(stick);
    write_text(source, bytes);
  }
  void write_all(const std::string& head) {
    store::Medium medium(files, stick);
    if (!medium.has(object, piece.length)) medium.copy(source, object, piece, [&](std::uint64_t more) { came += more; });
    medium.put("c/page", "page of " + head);
    medium.put("root/1.dsse", "root");
    medium.publish_head(head);
  }
  std::map<std::string, std::string> tree() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(stick)) {
      if (entry.is_regular_file()) found[entry.path().lexically_relative(stick)] = read_text(entry.path());
    }
    return found;
  }
  std::map<std::string, std::string> whole(const std::string& head) const {
    return {{object, bytes}, {"c/page", "page of " + head}, {"head.dsse", head}, {"root/1.dsse", "root"}};
  }
};

TEST_F(MediumTest, has_old_or_new_head_whichever_operation_fails_and_is_completed_by_the_next_run) {
  write_all("head 1");
  files.start_over();
  fs::remove(stick + "/" + object);
  write_all("head 2");
  const std::size_t all = files.count();
  ASSERT_GT(all, 10U);
  for (std::size_t at = 1; at <= all; ++at) {
    fs::remove_all(stick);
    fs::create_directory(stick);
    files.fail_at = 0;
    write_all("head 1");
    fs::remove(stick + "/" + object);
    files.start_over();
    files.fail_at = at;
    files.error = ENOSPC;
    files.for_ever = true;
    EXPECT_THROW(write_all("head 2"), Error) << at;
    const std::string head = tree()["head.dsse"];
    EXPECT_TRUE(head == "head 1" || head == "head 2") << at;
    if (head == "head 2") { EXPECT_EQ(tree(), whole("head 2")) << at; }
    files.fail_at = 0;
    files.start_over();
    write_all("head 2");
    EXPECT_EQ(tree(), whole("head 2")) << at;
  }
}

TEST_F(MediumTest, goes_on_where_an_interrupted_copy_stopped) {
  fs::create_directories(stick + "/b/ab");
  write_text(stick + "/" + object + ".part", bytes.substr(0, 2'000'000));
  store::Medium medium(files, stick);
  EXPECT_EQ(medium.begun(object), 2'000'000U);
  write_all("head");
  EXPECT_EQ(tree(), whole("head"));
  EXPECT_EQ(came, bytes.size());
}

TEST_F(MediumTest, starts_anew_if_what_was_begun_is_something_else) {
  for (const std::string& begun : {std::string(2'000'000, 'x'), bytes + "longer"}) {
    fs::remove_all(stick + "/b");
    fs::create_directories(stick + "/b/ab");
    write_text(stick + "/" + object + ".part", begun);
    write_all("head");
    EXPECT_EQ(tree(), whole("head"));
  }
}

TEST_F(MediumTest, never_gets_a_file_that_is_damaged_here) {
  std::string damaged = bytes;
  damaged[1'000'000] = static_cast<char>(damaged[1'000'000] ^ 1);
  write_text(source, damaged);
  EXPECT_THROW(write_all("head"), Error);
  EXPECT_FALSE(fs::exists(stick + "/" + object));
  EXPECT_FALSE(fs::exists(stick + "/head.dsse"));
}

TEST_F(MediumTest, tells_changed_bytes_when_it_is_read_again) {
  write_all("head");
  const store::Medium medium(files, stick);
  const auto ignored = [](std::uint64_t) {};
  EXPECT_TRUE(medium.is_whole(object, piece, ignored));
  std::string changed = bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  write_text(stick + "/" + object, changed);
  EXPECT_FALSE(medium.is_whole(object, piece, ignored));
  write_text(stick + "/" + object, bytes.substr(1));
  EXPECT_FALSE(medium.is_whole(object, piece, ignored));
}

TEST_F(MediumTest, needs_neither_modes_nor_links) {
  for (const int no_modes : {EPERM, ENOSYS, EOPNOTSUPP}) {
    fs::remove_all(stick);
    fs::create_directory(stick);
    const std::string said = in_child([&] {
      refuse_call(SYS_fchmod, no_modes);
      for (const long call : {SYS_symlinkat, SYS_linkat, SYS_fallocate}) refuse_call(call, EPERM);
      write_all("head");
      return std::string("written");
    });
    EXPECT_EQ(said, "written");
    EXPECT_EQ(tree(), whole("head"));
  }
}

TEST_F(MediumTest, is_readable_by_all_whatever_the_umask) {
  const mode_t before = umask(077);
  write_all("head");
  umask(before);
  for (const auto& [path, text] : tree()) EXPECT_EQ(fs::status(stick + "/" + path).permissions(), fs::perms(0644)) << path;
  EXPECT_EQ(fs::status(stick + "/b").permissions(), fs::perms(0755));
}

}  // namespace
}  // namespace ingot::medium_test
