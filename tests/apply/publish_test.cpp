#include "reconciler/apply/publish/publish.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/error.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::publish_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::add;
using testing_support::delete_change;
using testing_support::lines_of;
using testing_support::local_image;
using testing_support::publish_change;
using testing_support::PublishedTree;
using testing_support::series_change;
using testing_support::TestFolder;
using testing_support::TestServer;

class publishing : public testing::Test {
 protected:
  apply::PublishedNow publish_now(TestServer& server) {
    const apply::CatalogKeys keys = apply::load_catalog_keys(disk, server.manifest.server.keys,
                                                             apply::newest_own_root(server.store(), server.state().self()));
    return apply::publish(server.state(), server.store(), keys, server.manifest.server, server.clock);
  }
  bool needs_renewal(TestServer& server) {
    return !apply::why_publish_again(server.state(), server.store(), server.manifest.server).empty() ||
           apply::head_is_aging(server.state(), server.manifest.server, server.clock.time);
  }

  std::string why_again() { return apply::why_publish_again(here.state(), here.store(), here.manifest.server); }

  bool offers(const std::string& image) { return here.tree().offered.contains(image); }
  /// Where the bytes of a public image are.
  std::string path_of(const std::string& image) {
    const std::string hex = here.state().object(here.image(image).digest)->packed.file.digest.hex();
    return here.public_folder() + "/b/" + hex.substr(0, 2) + "/" + hex;
  }

  io::PosixFiles disk;
  TestFolder folder;
  TestServer here{folder.path(), "here"};
};

/// Images that share one object, so that thousands of them cost no bytes.
state::Effects many_images(const state::ImageRow& like, const Packed& packed, int first, int last) {
  state::Effects effects;
  for (int i = first; i < last; ++i) {
    state::ImageRow row = like;
    row.key = 0;
    row.identity.reset();
    row.created.reset();
    row.name = ImageName::of("image-" + std::to_string(1'000'000 + i));
    effects.push_back(state::PutImage{.row = row, .packed = packed});
  }
  return effects;
}

std::size_t pages_not_in(const PublishedTree& tree, const PublishedTree& other) {
  return static_cast<std::size_t>(std::count_if(tree.pages.begin(), tree.pages.end(), [&other](const std::string& page) {
    return std::find(other.pages.begin(), other.pages.end(), page) == other.pages.end();
  }));
}

TEST_F(publishing, a_new_server_has_an_empty_signed_catalog) {
  const PublishedTree tree = here.tree();
  EXPECT_EQ(tree.faults, std::vector<std::string>());
  EXPECT_EQ(tree.serial, 1U);
  EXPECT_TRUE(tree.images.empty());
}

TEST_F(publishing, unchanged_content_gives_the_same_pages_and_a_higher_serial) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  const PublishedTree before = here.tree();
  const apply::PublishedNow now = publish_now(here);
  const PublishedTree after = here.tree();
  EXPECT_EQ(now.serial, before.serial + 1);
  EXPECT_EQ(now.pages_written, 0U);
  EXPECT_EQ(after.pages, before.pages);
  EXPECT_EQ(after.previous, "sha256:" + before.head_digest);
  EXPECT_EQ(after.faults, std::vector<std::string>());
}

TEST_F(publishing, one_image_more_among_5000_changes_at_most_two_pages) {
  here.apply({add(here, "image-0", "shared")});
  const state::ImageRow like = here.image("image-0");
  const Packed packed = here.state().object(like.digest)->packed;
  here.state().record(many_images(like, packed, 0, 5000));
  publish_now(here);
  const PublishedTree before = here.tree();
  EXPECT_EQ(before.images.size(), 5001U);
  EXPECT_GT(before.pages.size(), 10U);
  here.state().record(many_images(like, packed, 7'000, 7'001));
  const apply::PublishedNow now = publish_now(here);
  const PublishedTree after = here.tree();
  EXPECT_EQ(after.images.size(), 5002U);
  EXPECT_LE(pages_not_in(after, before), 2U);
  EXPECT_EQ(now.pages_written, pages_not_in(after, before));
  EXPECT_EQ(after.faults, std::vector<std::string>());
}

TEST_F(publishing, R15_a_private_image_is_in_nothing_that_is_published) {
  LocalImage secret = local_image("secret-name", here.source("s", "secret bytes"));
  secret.is_private = true;
  LocalImage child = local_image("child", here.source("c", "child bytes"));
  child.parent = secret.name;
  here.apply({add(secret), add(child, {"image.secret-name"}), series_change("only-secret", {"secret-name"}), publish_change()});
  const PublishedTree tree = here.tree();
  EXPECT_EQ(tree.faults, std::vector<std::string>());
  EXPECT_EQ(tree.images.size(), 1U);
  const std::string digest = here.image("secret-name").digest.hex();
  const std::string packed = here.state().object(here.image("secret-name").digest)->packed.file.digest.hex();
  for (const auto& entry : fs::recursive_directory_iterator(here.public_folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(bytes.find("secret"), std::string::npos) << entry.path();
    EXPECT_EQ(bytes.find(digest), std::string::npos) << entry.path();
    EXPECT_NE(entry.path().filename(), packed);
  }
}

TEST_F(publishing, a_serial_that_was_reserved_and_lost_is_never_used_for_other_bytes) {
  const Serial lost = here.state().reserve_serial(0);
  here.reopen();
  const apply::PublishedNow now = publish_now(here);
  EXPECT_GT(now.serial, lost);
}

/// Copies the state file while nobody uses it.
void keep_state(TestServer& server, const std::string& as) {
  server.close();
  fs::copy_file(server.manifest.server.state, as, fs::copy_options::overwrite_existing);
  server.reopen();
}

void put_state_back(TestServer& server, const std::string& kept) {
  server.close();
  for (const char* beside : {"-wal", "-shm"}) fs::remove(server.manifest.server.state + beside);
  fs::copy_file(kept, server.manifest.server.state, fs::copy_options::overwrite_existing);
  server.reopen();
}

TEST_F(publishing, a_head_that_the_state_did_not_hear_of_is_followed_by_a_higher_serial) {
  const std::string kept = folder.path() + "/kept.db";
  here.apply({add(here, "db", "some bytes")});
  const Serial before = here.tree().serial;
  keep_state(here, kept);
  state::State::open(kept, state::Access::read_write)
      .reserve_serial(0);  // as a run does that dies after its head and before its last line
  EXPECT_EQ(publish_now(here).serial, before + 1);
  put_state_back(here, kept);
  EXPECT_TRUE(needs_renewal(here));
  const std::string seen = here.tree().head_digest;
  EXPECT_EQ(publish_now(here).serial, before + 2);
  EXPECT_EQ(here.tree().previous, "sha256:" + seen);
  EXPECT_EQ(here.tree().faults, std::vector<std::string>());
}

TEST_F(publishing, refuses_to_take_back_what_a_newer_state_published) {
  const std::string kept = folder.path() + "/kept.db";
  keep_state(here, kept);
  here.apply({add(here, "db", "some bytes"), publish_change()});
  const PublishedTree before = here.tree();
  put_state_back(here, kept);
  try {
    publish_now(here);
    FAIL() << "published from an old state";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    EXPECT_NE(error.text().find("older than what is published"), std::string::npos) << error.what();
  }
  EXPECT_EQ(here.tree().head_digest, before.head_digest);
}

TEST_F(publishing, refuses_another_servers_key_before_a_serial_is_burnt) {
  apply::CatalogKeys foreign;
  foreign.push_back(trust::PrivateKey::generate());
  const Serial reserved = here.state().snapshot().reserved_serial;
  EXPECT_THROW(apply::publish(here.state(), here.store(), foreign, here.manifest.server, here.clock), Error);
  EXPECT_EQ(here.state().snapshot().reserved_serial, reserved);
}

TEST_F(publishing, a_head_is_renewed_when_half_of_its_life_is_over) {
  here.manifest.server.head_ttl = std::chrono::hours(24 * 14);
  EXPECT_FALSE(needs_renewal(here));
  here.clock.time += std::chrono::hours(24 * 7);
  EXPECT_FALSE(needs_renewal(here));
  here.clock.time += std::chrono::seconds(1);
  EXPECT_TRUE(needs_renewal(here));
  publish_now(here);
  EXPECT_FALSE(needs_renewal(here));
}

TEST_F(publishing, a_head_is_renewed_when_it_is_missing_or_another_or_lives_too_long) {
  const std::string path = here.public_folder() + "/head.dsse";
  here.manifest.server.head_ttl = std::chrono::hours(1);
  EXPECT_TRUE(needs_renewal(here));
  publish_now(here);
  EXPECT_FALSE(needs_renewal(here));
  std::ofstream(path, std::ios::app) << " ";
  EXPECT_TRUE(needs_renewal(here));
  fs::remove(path);
  EXPECT_TRUE(needs_renewal(here));
  publish_now(here);
  EXPECT_FALSE(needs_renewal(here));
  EXPECT_EQ(here.tree().faults, std::vector<std::string>());
}

TEST_F(publishing, a_deleted_image_leaves_a_tombstone) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  here.apply({delete_change(here.image("db")), publish_change()});
  const PublishedTree tree = here.tree();
  EXPECT_TRUE(tree.images.empty());
  EXPECT_EQ(tree.tombstones, std::set<std::string>{"db"});
  EXPECT_EQ(tree.faults, std::vector<std::string>());
}

TEST_F(publishing, R25_an_image_whose_bytes_are_gone_is_shown_without_them_and_holds_nothing_up) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  const Packed packed = here.state().object(here.image("db").digest)->packed;
  const std::string hex = packed.file.digest.hex();
  const std::string path = here.public_folder() + "/b/" + hex.substr(0, 2) + "/" + hex;
  fs::rename(path, folder.path() + "/aside");
  EXPECT_EQ(here.store().lacks(packed).at(0).why, "is gone: it is neither below public nor below private");

  const apply::Account account = here.apply({add(here, "other", "other bytes"), publish_change()});
  EXPECT_THAT(lines_of(account), ElementsAre("done image.other", "done catalog", "failed image.db damaged"));
  EXPECT_THAT(std::get<Failed>(account.failed.at(0).outcome).text,
              AllOf(HasSubstr(hex), HasSubstr("restore the file from a backup")));
  EXPECT_EQ(account.exit_code, 6);
  EXPECT_EQ(here.tree().faults, std::vector<std::string>());
  EXPECT_FALSE(offers("db"));
  EXPECT_TRUE(offers("other"));
  EXPECT_FALSE(needs_renewal(here));

  // As soon as they are back, they are published again.
  fs::rename(folder.path() + "/aside", path);
  EXPECT_EQ(why_again(), "bytes that the published catalog leaves out are restored");
  EXPECT_TRUE(needs_renewal(here));
  EXPECT_EQ(here.apply(std::vector<plan::Change>()).exit_code, 0);
  EXPECT_TRUE(offers("db"));
  EXPECT_FALSE(needs_renewal(here));
}

TEST_F(publishing, R21_a_withdrawal_goes_out_although_the_bytes_are_gone) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  fs::remove(path_of("db"));
  state::ImageRow withdrawn = here.image("db");
  withdrawn.state = ImageState::withdrawn;
  withdrawn.reason = "it leaks";
  const apply::Account account = here.apply(
      {testing_support::change_of(image_address(withdrawn.name), plan::UpdateImage{.row = withdrawn, .changes = {"state"}}),
       publish_change()});
  EXPECT_THAT(lines_of(account), ElementsAre("done image.db", "done catalog", "failed image.db damaged"));
  EXPECT_EQ(here.entry("db").state(), ImageState::withdrawn);
  EXPECT_EQ(here.tree().faults, std::vector<std::string>());
  EXPECT_FALSE(offers("db"));
}

TEST_F(publishing, what_the_plan_told_of_damaged_images_is_not_told_again) {
  here.apply({add(here, "db", "some bytes"), add(here, "other", "other bytes"), publish_change()});
  fs::remove(path_of("db"));
  fs::remove(path_of("other"));
  plan::Plan plan = here.plan_of({add(here, "new", "new bytes"), publish_change()});
  plan.blocked.push_back({.address = image_address(ImageName::of("db")),
                          .verb = Verb::repair,
                          .code = Code::damaged,
                          .text = "",
                          .mend = "",
                          .at = std::nullopt});
  EXPECT_THAT(lines_of(here.apply(plan)), ElementsAre("done image.new", "done catalog", "failed image.other damaged"));
}

TEST_F(publishing, R25_bytes_of_a_wrong_length_are_named_by_no_head) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  const Packed packed = here.state().object(here.image("db").digest)->packed;
  const std::string hex = packed.file.digest.hex();
  std::ofstream(here.public_folder() + "/b/" + hex.substr(0, 2) + "/" + hex, std::ios::trunc) << "rot";
  EXPECT_THAT(here.store().lacks(packed).at(0).why, HasSubstr("has 3 bytes, not "));
  EXPECT_EQ(publish_now(here).left_out, std::set<Digest>{here.image("db").digest});
  EXPECT_FALSE(offers("db"));
}

TEST_F(publishing, R25_a_piece_that_is_missing_or_cut_is_told_and_written_again) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  EXPECT_EQ(why_again(), "");
  const std::string pieces = here.public_folder() + "/c/";
  const std::string page = pieces + here.tree().pages.at(0).substr(7);
  const std::string index = pieces + here.state().published()->index.hex();
  const auto expect_mended = [&](const std::string& why) {
    SCOPED_TRACE(why);
    EXPECT_THAT(why_again(), HasSubstr(why));
    EXPECT_THAT(lines_of(here.apply({publish_change()})), ElementsAre("done catalog"));
    EXPECT_EQ(why_again(), "");
    EXPECT_EQ(here.tree().faults, std::vector<std::string>());
  };
  fs::remove(page);
  expect_mended("the published page \"public/c/" + fs::path(page).filename().string() + "\" is missing");
  std::ofstream(page, std::ios::app) << "more";
  expect_mended("has another length");
  std::ofstream(index, std::ios::trunc) << "rot";
  expect_mended("the published index \"public/c/" + fs::path(index).filename().string() + "\" is damaged");
  for (const auto& piece : fs::directory_iterator(pieces)) fs::remove(piece);
  expect_mended("is missing");
  fs::remove(here.public_folder() + "/head.dsse");
  expect_mended("the published head is missing");
}

TEST_F(publishing, what_cannot_be_read_of_the_published_tree_is_written_again) {
  here.apply({add(here, "db", "some bytes")});
  const auto expect_mended = [&](const std::string& why) {
    EXPECT_THAT(why_again(), HasSubstr(why));
    EXPECT_TRUE(needs_renewal(here));
    publish_now(here);
    EXPECT_EQ(why_again(), "");
    EXPECT_EQ(here.tree().faults, std::vector<std::string>());
  };
  const std::string index = here.public_folder() + "/c/" + here.state().published()->index.hex();
  fs::resize_file(index, largest_index + 1);
  expect_mended("the published index");
  fs::resize_file(here.public_folder() + "/head.dsse", largest_head + 1);
  expect_mended("the published head");
}

TEST_F(publishing, another_name_or_publish_copies_is_published) {
  here.manifest.server.name = ServerName::of("renamed");
  EXPECT_EQ(why_again(), "the published head says that this server is \"here\", the manifest says \"renamed\"");
  EXPECT_THAT(lines_of(here.apply({publish_change()})), ElementsAre("done catalog"));
  EXPECT_EQ(why_again(), "");
  for (const bool copies : {true, false}) {
    here.manifest.server.publish_copies = copies;
    EXPECT_EQ(why_again(), copies ? "`publish_copies` is now true" : "`publish_copies` is now false");
    here.apply({publish_change()});
    EXPECT_EQ(why_again(), "");
  }
}

TEST_F(publishing, a_damaged_page_is_written_again) {
  here.apply({add(here, "db", "some bytes"), publish_change()});
  const std::string page = here.public_folder() + "/c/" + here.tree().pages.at(0).substr(7);
  std::ofstream(page, std::ios::trunc) << "rot";
  EXPECT_NE(here.tree().faults, std::vector<std::string>());
  publish_now(here);
  EXPECT_EQ(here.tree().faults, std::vector<std::string>());
}

}  // namespace
}  // namespace ingot::publish_test
