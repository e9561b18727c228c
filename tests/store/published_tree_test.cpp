// The published tree: pieces before the head, a head that servers see as changed, nothing half there.
#include <algorithm>

#include <gmock/gmock.h>

#include "schema/error.hpp"
#include "tests/store/store_fixture.hpp"

namespace ingot::published_tree_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

Piece piece_of(const std::string& bytes) { return {io::sha256(bytes), bytes.size()}; }
constexpr Time noon{Seconds(1'700'000'000)};

class PublishedTree : public StoreTest {
 protected:
  std::string head_path() const { return folder + "/public/head.dsse"; }
  std::int64_t head_mtime() const {
    struct stat status {};
    stat(head_path().c_str(), &status);
    return status.st_mtim.tv_sec;
  }
};

TEST_F(PublishedTree, gives_back_what_was_published) {
  store::Store store = made();
  EXPECT_EQ(store.published_head(), std::nullopt);
  EXPECT_EQ(store.published_root(1), std::nullopt);
  EXPECT_EQ(store.published_piece(piece_of("page")), std::nullopt);
  store.publish_root(1, "root");
  store.publish_piece(piece_of("page"), "page");
  store.publish_head("head", noon);
  EXPECT_EQ(store.published_root(1), "root");
  EXPECT_EQ(store.published_piece(piece_of("page")), "page");
  EXPECT_EQ(store.published_head(), "head");
  for (const std::string path : {"/public/head.dsse", "/public/root/1.dsse"}) EXPECT_EQ(mode_of(folder + path), 0644U);
  EXPECT_EQ(mode_of(folder + "/public/c/" + io::sha256("page").hex()), 0644U);
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(PublishedTree, a_note_of_what_is_left_out_that_cannot_be_read_says_nothing_and_is_written_anew) {
  store::Store store = made();
  const std::string path = folder + "/LEFT_OUT";
  const std::set<Digest> one{io::sha256("one")};
  EXPECT_EQ(store.left_out(), std::set<Digest>());
  store.note_left_out({});
  EXPECT_FALSE(fs::exists(path));
  store.note_left_out(one);
  EXPECT_EQ(store.left_out(), one);
  write_text(path, "no digest\n");
  EXPECT_EQ(store.left_out(), std::set<Digest>());
  store.note_left_out(one);
  fs::rename(path, box.path() + "/aside");
  fs::create_symlink(box.path() + "/aside", path);
  EXPECT_EQ(store.left_out(), std::set<Digest>());
  store.note_left_out(one);
  EXPECT_EQ(store.left_out(), one);
  fs::resize_file(path, 1'000'000'000);
  EXPECT_EQ(store.left_out(), std::set<Digest>());
  store.note_left_out(one);
  EXPECT_EQ(store.left_out(), one);
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_EQ(store.left_out(), std::set<Digest>());
  store.note_left_out({});
}

TEST_F(PublishedTree, of_more_than_a_note_of_what_is_left_out_may_hold_the_first_are_kept) {
  store::Store store = made();
  std::set<Digest> many;
  for (std::uint32_t i = 0; i < 120'000; ++i) {
    Digest digest;
    for (std::size_t byte = 0; byte < sizeof i; ++byte) digest.bytes[byte] = static_cast<unsigned char>(i >> (24 - 8 * byte));
    many.insert(many.end(), digest);
  }
  store.note_left_out(many);
  const std::set<Digest> kept = store.left_out();
  EXPECT_GT(kept.size(), 100'000U);
  EXPECT_TRUE(std::equal(kept.begin(), kept.end(), many.begin()));
}

TEST_F(PublishedTree, the_highest_kept_head_is_known_without_opening_any) {
  store::Store store = made();
  EXPECT_EQ(store.highest_kept_head(), 0U);
  for (const Serial serial : {3U, 1200U, 40U}) store.keep_head(serial, "head");
  std::ofstream(folder + "/heads/00000000000000009999.dsse.new") << "not finished";
  fs::remove(folder + "/heads/00000000000000001200.dsse");
  fs::create_directory(folder + "/heads/00000000000000001200.dsse");  // cannot be read as a file
  EXPECT_EQ(store.highest_kept_head(), 1200U);
}

TEST_F(PublishedTree, head_is_always_later_than_the_one_before) {
  store::Store store = made();
  store.publish_head("one", noon);
  EXPECT_EQ(head_mtime(), noon.time_since_epoch().count());
  store.publish_head("two", noon);
  EXPECT_EQ(head_mtime(), noon.time_since_epoch().count() + 1);
  store.publish_head("six", noon - Seconds(1000));
  EXPECT_EQ(head_mtime(), noon.time_since_epoch().count() + 2);
  store.publish_head("ten", noon + Seconds(1000));
  EXPECT_EQ(head_mtime(), noon.time_since_epoch().count() + 1000);
}

TEST_F(PublishedTree, root_version_is_never_changed) {
  store::Store store = made();
  store.publish_root(1, "root");
  store.publish_root(1, "root");
  EXPECT_THROW(store.publish_root(1, "other"), Error);
  EXPECT_EQ(store.published_root(1), "root");
}

TEST_F(PublishedTree, piece_that_is_there_is_not_written_again_unless_damaged) {
  store::Store store = made();
  store.publish_piece(piece_of("page"), "page");
  files.start_over();
  store.publish_piece(piece_of("page"), "page");
  for (const auto& line : files.journal()) EXPECT_TRUE(line.starts_with("read ")) << line;
  write_text(folder + "/public/c/" + io::sha256("page").hex(), "egap");
  store.publish_piece(piece_of("page"), "page");
  EXPECT_EQ(store.published_piece(piece_of("page")), "page");
  EXPECT_THROW(store.publish_piece(piece_of("page"), "other"), Error);
}

TEST_F(PublishedTree, R25_N9_a_piece_that_the_disk_cannot_read_is_replaced_in_one_step) {
  store::Store store = made();
  store.publish_piece(piece_of("page"), "page");
  files.start_over();
  files.only = "read " + folder + "/public/c/" + io::sha256("page").hex();
  files.fail_at = 1;
  files.for_ever = true;
  store.publish_piece(piece_of("page"), "page");
  files.fail_at = 0;
  EXPECT_EQ(store.published_piece(piece_of("page")), "page");
  EXPECT_FALSE(store.has_set_aside()) << "readers find it gone while it is moved away";
}

TEST_F(PublishedTree, R25_head_takes_its_name_after_all_that_it_names_is_durable) {
  store::Store store = made();
  files.start_over();
  store.publish_root(1, "root");
  store.publish_piece(piece_of("index"), "index");
  store.publish_piece(piece_of("page"), "page");
  store.publish_head("head", noon);
  const auto& journal = files.journal();
  const auto place_of = [&](const std::string& part, std::size_t from = 0) {
    const auto found = std::find_if(journal.begin() + static_cast<std::ptrdiff_t>(from), journal.end(),
                                    [&](const std::string& line) { return line.find(part) != std::string::npos; });
    return static_cast<std::size_t>(found - journal.begin());
  };
  const std::size_t head = place_of("-> " + head_path());
  ASSERT_LT(head, journal.size());
  for (const std::string& name :
       {"c/" + io::sha256("index").hex(), "c/" + io::sha256("page").hex(), std::string("root/1.dsse")}) {
    const std::size_t renamed = place_of("-> " + folder + "/public/" + name);
    const std::string& line = journal.at(renamed);
    const std::string staged = line.substr(7, line.find(" ->") - 7);
    EXPECT_LT(place_of("sync " + staged), renamed) << name;
    EXPECT_LT(place_of("close " + staged), renamed) << name;
    const std::string named = folder + "/public/" + name;
    EXPECT_LT(place_of("sync_folder " + named.substr(0, named.rfind('/')), renamed), head) << name;
  }
  const std::string& last = journal.at(head);
  EXPECT_LT(place_of("sync " + last.substr(7, last.find(" ->") - 7)), head);
  EXPECT_EQ(journal.back(), "sync_folder " + folder + "/public");
}

TEST_F(PublishedTree, R25_shows_the_old_head_or_the_new_after_a_failure_of_any_operation) {
  const std::string page(100'000, 'p');
  for (const bool for_ever : {false, true}) {
    for (std::size_t n = 1;; ++n) {
      fs::remove_all(folder);
      files.fail_at = 0;
      store::Store store = made();
      store.publish_root(1, "root");
      store.publish_head("old", noon);
      files.start_over();
      files.fail_at = n;
      files.for_ever = for_ever;
      bool failed = false;
      try {
        store.publish_piece(piece_of(page), page);
        store.publish_head("new", noon);
      } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::local);
        failed = true;
      }
      const bool reached = files.count() >= n;
      files.fail_at = 0;
      const auto head = store.published_head();
      EXPECT_TRUE(head == "old" || head == "new") << n;
      EXPECT_TRUE(failed || head == "new") << n;
      const auto piece = store.published_piece(piece_of(page));
      EXPECT_TRUE(!piece || *piece == page) << "torn by operation " << n;
      EXPECT_TRUE(head != "new" || piece) << n;
      if (!reached) break;
    }
  }
}

TEST_F(PublishedTree, replaces_a_planted_link_itself_and_never_what_it_points_to) {
  store::Store store = made();
  write_text(box.path() + "/victim", "untouched");
  fs::create_symlink(box.path() + "/victim", head_path());
  fs::create_symlink(box.path() + "/victim", folder + "/public/c/" + io::sha256("page").hex());
  store.publish_piece(piece_of("page"), "page");
  store.publish_head("head", noon);
  EXPECT_EQ(read_text(box.path() + "/victim"), "untouched");
  EXPECT_FALSE(fs::is_symlink(head_path()));
  EXPECT_EQ(store.published_piece(piece_of("page")), "page");
}

}  // namespace
}  // namespace ingot::published_tree_test
