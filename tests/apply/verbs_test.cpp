// Each verb alone, on a real server.
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "reconciler/io/hash.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::verbs_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

class verbs : public testing::Test {
 protected:
  /// Applies and expects every action done.
  apply::Account done(const std::vector<plan::Change>& changes) {
    apply::Account account = here.apply(changes);
    EXPECT_TRUE(account.complete()) << testing::PrintToString(lines_of(account)) << testing::PrintToString(here.events.lines());
    EXPECT_EQ(account.exit_code, 0);
    EXPECT_EQ(here.tree().faults, std::vector<std::string>());
    return account;
  }
  std::string failure(const std::vector<plan::Change>& changes, int exit_code) {
    const apply::Account account = here.apply(changes);
    EXPECT_EQ(account.exit_code, exit_code) << testing::PrintToString(lines_of(account));
    return account.failed.empty() ? "" : std::string(text_of(std::get<Failed>(account.failed.front().outcome).code));
  }
  std::string plain(const state::ImageRow& row) {
    std::string bytes;
    const auto object = here.state().object(row.digest).value();
    here.store().read_plain(
        row.digest, row.size, object.packed, [&](std::string_view some) { bytes += some; }, [](std::uint64_t) {});
    return bytes;
  }
  bool is_public(const state::ImageRow& row) {
    const std::string hex = here.state().object(row.digest)->packed.file.digest.hex();
    return fs::exists(here.public_folder() + "/b/" + hex.substr(0, 2) + "/" + hex);
  }
  /// A peer with one published image "db", known here.
  TestServer& peer() {
    if (!oslo_) {
      oslo_.emplace(folder.path(), "oslo");
      oslo_->apply({add(*oslo_, "db", "bytes of db"), publish_change()});
      here.know(*oslo_);
    }
    return *oslo_;
  }

  TestFolder folder;
  TestServer here{folder.path(), "here"};

 private:
  std::optional<TestServer> oslo_;
};

TEST_F(verbs, register_records_the_peer_and_raises_both_floors) {
  done({register_change(peer())});
  const auto registered = here.state().registrations();
  ASSERT_EQ(registered.size(), 1U);
  EXPECT_EQ(registered[0].id, peer().card().id);
  EXPECT_EQ(registered[0].serial, peer().head().serial);
  EXPECT_EQ(registered[0].head, peer().head().digest);
  EXPECT_EQ(here.state().floor(peer().card().id)->serial, peer().head().serial);
  io::PosixFiles disk;
  EXPECT_EQ(io::PeerMemory(disk, here.folder() + "/state").floor(peer().card().id)->serial, peer().head().serial);
}

TEST_F(verbs, R5_update_gives_a_peer_another_name_and_keeps_the_rest) {
  done({register_change(peer())});
  const auto before = here.state().registrations().at(0);
  done({change_of(peer_address(ServerName::of("norway")), plan::UpdatePeer{.peer = ServerName::of("norway"),
                                                                           .previous_name = ServerName::of("oslo"),
                                                                           .card = peer().card(),
                                                                           .urls = {"https://other.example.net/"},
                                                                           .replaces = {},
                                                                           .head = {}})});
  const auto registered = here.state().registrations();
  ASSERT_EQ(registered.size(), 1U);
  EXPECT_EQ(registered[0].name.text(), "norway");
  EXPECT_EQ(registered[0].urls, std::vector<std::string>{"https://other.example.net/"});
  EXPECT_EQ(registered[0].serial, before.serial);
  EXPECT_EQ(registered[0].registered, before.registered);
}

TEST_F(verbs, R5_unregister_keeps_the_floor_of_trust) {
  done({register_change(peer())});
  done({change_of(peer_address(peer().card().name), plan::UnregisterPeer{.peer = peer().card().name, .id = peer().card().id})});
  EXPECT_TRUE(here.state().registrations().empty());
  EXPECT_EQ(here.state().floor(peer().card().id)->serial, peer().head().serial);
}

state::SubscriptionRow subscription_to(const TestServer& server, Serial baseline) {
  return state::SubscriptionRow{.peer = server.card().id,
                                .peer_name = server.card().name,
                                .selector = SelectAll{},
                                .baseline = baseline,
                                .since = "now",
                                .options = "",
                                .rule = "subscription.oslo.all",
                                .instantiated = {},
                                .stopped = {}};
}

TEST_F(verbs, R7_instantiate_records_the_plans_baseline) {
  const state::SubscriptionRow row = subscription_to(peer(), peer().head().serial);
  const Address address = subscription_address(peer().card().name, row.selector);
  done({register_change(peer()), change_of(address, plan::Instantiate{.row = row}, {"peer.oslo"})});
  auto rows = here.state().snapshot().subscriptions;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].baseline, peer().head().serial);
  EXPECT_EQ(rows[0].instantiated, here.clock.time);

  state::SubscriptionRow from_start = rows[0];
  from_start.baseline = 0;
  from_start.since = "start";
  done({change_of(address, plan::UpdateSubscription{.row = from_start, .changes = {"since: now → start"}})});
  EXPECT_EQ(here.state().snapshot().subscriptions.at(0).since, "start");

  done({change_of(address,
                  plan::Uninstantiate{.peer = peer().card().name, .id = row.peer, .selector = row.selector, .stopped = 7})});
  EXPECT_EQ(here.state().snapshot().subscriptions.at(0).stopped, Serial{7});
}

TEST_F(verbs, types_are_created_updated_and_deleted) {
  const TypeName type = TypeName::of("DB_PSU");
  done({change_of(type_address(type), plan::CreateType{.name = type, .base = default_type(), .managed = false})});
  EXPECT_FALSE(here.state().snapshot().types.at(0).managed);
  done({change_of(type_address(type), plan::UpdateType{.name = type, .base = TypeName::of("LINUXOS")})});
  EXPECT_EQ(here.state().snapshot().types.at(0).base.text(), "LINUXOS");
  EXPECT_TRUE(here.state().snapshot().types.at(0).managed);
  done({change_of(type_address(type), plan::DeleteType{.name = type})});
  EXPECT_TRUE(here.state().snapshot().types.empty());
}

TEST_F(verbs, add_takes_the_bytes_in_and_publishes_them) {
  done({add(here, "db", "bytes of db"), publish_change()});
  const state::ImageRow row = here.image("db");
  EXPECT_EQ(plain(row), "bytes of db");
  EXPECT_TRUE(row.managed);
  EXPECT_NE(row.source_stamp, "");
  EXPECT_EQ(here.tree().images.at("db"), row.digest.text());
  EXPECT_EQ(here.events.last_progress().at("image.db").done, 11U);
}

TEST_F(verbs, R27_every_image_has_its_papers_in_the_state_and_beside_it) {
  done({add(here, "db", "bytes of db")});
  const state::Provenance papers = here.image("db").papers;
  EXPECT_EQ(papers.actor, "tester@here");
  EXPECT_EQ(papers.rule, "image.db");
  EXPECT_EQ(papers.time, here.clock.time);
  EXPECT_NE(papers.run, "");
  std::string beside;
  for (const auto& entry : fs::recursive_directory_iterator(here.manifest.server.store + "/papers")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path());
    beside.append(std::istreambuf_iterator<char>(file), {});
  }
  for (const std::string& part :
       {papers.run, std::string("tester@here"), here.image("db").digest.text(), std::string("\"db\"")}) {
    EXPECT_NE(beside.find(part), std::string::npos) << part << " is not in " << beside;
  }
}

TEST_F(verbs, a_parent_added_in_the_same_run_is_the_parent) {
  LocalImage child = local_image("child", here.source("c", "child"));
  child.parent = ImageName::of("db");
  done({add(here, "db", "parent"), add(child, {"image.db"})});
  EXPECT_EQ(here.image("child").parent, here.image("db").key);
  EXPECT_EQ(here.image("child").parent_name, "db");
}

TEST_F(verbs, a_missing_source_and_other_bits_than_the_manifest_says_fail_alone) {
  LocalImage gone = local_image("gone", folder.path() + "/nowhere");
  EXPECT_EQ(failure({add(gone), add(here, "good", "x")}, 3), "source-missing");
  EXPECT_EQ(here.image_names(), std::vector<std::string>{"good"});
  LocalImage pinned = local_image("pinned", here.source("p", "bytes"));
  pinned.digest = Digest{};
  EXPECT_EQ(failure({add(pinned)}, 3), "source-mismatch");
  LocalImage sourceless = local_image("sourceless", "");
  sourceless.source.reset();
  EXPECT_EQ(failure({add(sourceless)}, 3), "source-missing");
  EXPECT_EQ(here.image_names(), std::vector<std::string>{"good"});
}

TEST_F(verbs, a_source_that_is_no_image_has_a_code_of_its_own) {
  const std::string fifo = folder.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(failure({add(local_image("fifo", fifo))}, 3), "source-unfit");
  fs::create_directory(folder.path() + "/tree");
  ASSERT_EQ(::mkfifo((folder.path() + "/tree/fifo").c_str(), 0600), 0);
  EXPECT_EQ(failure({add(local_image("tree", folder.path() + "/tree"))}, 3), "source-unfit");
  fs::create_symlink(folder.path() + "/tree", folder.path() + "/link");
  EXPECT_EQ(failure({add(local_image("link", folder.path() + "/link"))}, 3), "source-unfit");
}

TEST_F(verbs, the_same_bytes_under_two_names_are_one_object) {
  done({add(here, "one", "same"), add(here, "two", "same")});
  int objects = 0;
  here.state().each_object([&](const state::ObjectRow&) { ++objects; });
  EXPECT_EQ(objects, 1);
}

TEST_F(verbs, R15_private_bytes_stay_private_until_the_image_is_published) {
  LocalImage secret = local_image("db", here.source("s", "secret"));
  secret.is_private = true;
  done({add(secret)});
  EXPECT_FALSE(is_public(here.image("db")));
  state::ImageRow open = here.image("db");
  open.is_private = false;
  done({change_of(image_address(open.name), plan::UpdateImage{.row = open, .changes = {"private: true → false"}}),
        publish_change()});
  EXPECT_TRUE(is_public(here.image("db")));
  EXPECT_EQ(here.tree().images.size(), 1U);
}

TEST_F(verbs, A21_a_copy_with_the_bytes_of_a_private_image_publishes_nothing) {
  LocalImage secret = local_image("secret", here.source("s", "bytes of db"));  // as oslo's "db"
  secret.is_private = true;
  done({add(secret)});
  done({register_change(peer()), copy_change(peer(), "db"), publish_change()});
  EXPECT_EQ(here.image("secret").digest, here.image("db").digest);
  EXPECT_FALSE(is_public(here.image("db")));
  EXPECT_TRUE(here.tree().offered.empty());
  EXPECT_FALSE(here.tree().images.contains("secret"));
}

/// A peer's copy with something else in its entry than what it honestly lists.
plan::Change lying_copy(const TestServer& server, const std::string& image, const std::function<void(ImageEntry&)>& lie) {
  plan::Change change = copy_change(server, image);
  auto& action = std::get<plan::CopyImage>(change.action);
  auto entry = std::make_shared<ImageEntry>(*action.entry);
  lie(*entry);
  action.name = entry->name;
  change.address = copy_address(action.peer, entry->name);
  action.entry = std::move(entry);
  return change;
}

TEST_F(verbs, A21_who_names_the_digest_of_a_private_image_must_give_its_bytes) {
  here.manifest.server.publish_copies = true;
  LocalImage secret = local_image("secret", here.source("s", "bytes of db"));  // as oslo's "db"
  secret.is_private = true;
  done({add(secret)});
  const auto made_up = [&] {
    return lying_copy(peer(), "db", [](ImageEntry& entry) { entry.packed->file.digest = io::sha256("made up"); });
  };
  EXPECT_EQ(failure({register_change(peer()), made_up()}, 3), "unreachable");
  EXPECT_FALSE(is_public(here.image("secret")));
  EXPECT_TRUE(here.tree().images.empty()) << "not even the digest is named";

  done({delete_change(here.image("secret"))});
  EXPECT_EQ(failure({made_up()}, 3), "unreachable") << "bytes of a private image that was deleted are still private";

  done({copy_change(peer(), "db"), publish_change()});
  EXPECT_TRUE(is_public(here.image("db"))) << "the peer has shown that it has them";
  EXPECT_EQ(plain(here.image("db")), "bytes of db");
}

TEST_F(verbs, A21_bytes_that_were_fetched_for_a_private_images_digest_leave_one_object) {
  LocalImage secret = local_image("secret", here.source("s", "bytes of db"));
  secret.is_private = true;
  done({add(secret)});
  done({register_change(peer()), copy_change(peer(), "db")});
  EXPECT_FALSE(fs::exists(here.store().partial_path(here.image("db").digest)));
  EXPECT_EQ(plain(here.image("secret")), "bytes of db");
  EXPECT_FALSE(is_public(here.image("db"))) << "without publish_copies";
}

TEST_F(verbs, A16_what_bytes_are_belongs_to_the_image_that_was_signed) {
  const fs::path home = fs::path(folder.path()) / "home";
  fs::create_directories(home / "bin");
  std::ofstream(home / "bin/run") << "run";
  TestServer rome(folder.path(), "rome");
  rome.apply({add(local_image("home", home.string())), add(rome, "blob", "no tar"), publish_change()});
  here.know(rome);
  done({register_change(rome)});
  const auto listed_as = [](const std::string& name, ImageKind kind) {
    return [name, kind](ImageEntry& entry) {
      entry.name = ImageName::of(name);
      entry.identity.name = entry.name;
      entry.kind = kind;
    };
  };
  done({lying_copy(rome, "home", listed_as("as-file", ImageKind::file))});
  done({copy_change(rome, "home")});
  EXPECT_EQ(here.image("as-file").kind, ImageKind::file) << "any bytes are a file";
  EXPECT_EQ(here.image("home").kind, ImageKind::tree) << "and the tree is one all the same";

  const auto as_tree = [&] { return lying_copy(rome, "blob", listed_as("as-tree", ImageKind::tree)); };
  EXPECT_EQ(failure({as_tree()}, 4), "untrusted") << "fetched";
  done({copy_change(rome, "blob")});
  EXPECT_EQ(failure({as_tree()}, 4), "untrusted") << "here as a file already";
  EXPECT_EQ(here.image("blob").kind, ImageKind::file);
}

TEST_F(verbs, R18_putting_a_deleted_image_back_needs_no_source) {
  done({add(here, "db", "bytes of db"), publish_change()});
  const state::ImageRow before = here.image("db");
  done({delete_change(before), publish_change()});
  fs::remove(here.folder() + "/sources/db");
  LocalImage again = local_image("db", here.folder() + "/sources/db");
  done({add(again), publish_change()});
  EXPECT_EQ(here.image("db").key, before.key);
  EXPECT_EQ(plain(here.image("db")), "bytes of db");
}

TEST_F(verbs, R18_a_name_that_is_free_again_may_be_given_to_other_bits) {
  done({add(here, "db", "bytes of db"), publish_change()});
  const state::ImageRow before = here.image("db");
  done({delete_change(before), publish_change()});
  done({add(here, "db", "quite other bytes"), publish_change()});
  EXPECT_NE(here.image("db").key, before.key);
  EXPECT_EQ(plain(here.image("db")), "quite other bytes");
}

TEST_F(verbs, update_changes_what_describes_an_image) {
  done({add(here, "db", "bytes"), publish_change()});
  state::ImageRow row = here.image("db");
  row.description = "a database";
  row.state = ImageState::withdrawn;
  row.reason = "broken";
  done({change_of(image_address(row.name), plan::UpdateImage{.row = row, .changes = {"state"}}), publish_change()});
  EXPECT_EQ(here.image("db").description, "a database");
  EXPECT_EQ(here.image("db").reason, "broken");
}

TEST_F(verbs, series_are_created_updated_and_deleted) {
  done({add(here, "a", "a"), add(here, "b", "b"), series_change("s", {"a", "b"}, {"image.a", "image.b"}), publish_change()});
  EXPECT_EQ(here.tree().series.at("s"), (std::vector<std::string>{"a", "b"}));
  const SeriesName name = SeriesName::of("s");
  done({change_of(series_address(name),
                  plan::UpdateSeries{
                      .name = name, .members = {ImageName::of("b"), ImageName::of("a")}, .follow = {}, .changes = {"order"}}),
        publish_change()});
  EXPECT_EQ(here.tree().series.at("s"), (std::vector<std::string>{"b", "a"}));
  done({change_of(series_address(name), plan::DeleteSeries{.name = name}), publish_change()});
  EXPECT_TRUE(here.tree().series.empty());
}

TEST_F(verbs, copy_fetches_verifies_and_keeps_the_origin) {
  const apply::Account account = done({register_change(peer()), copy_change(peer(), "db", {"peer.oslo"}), publish_change()});
  const state::ImageRow row = here.image("db");
  EXPECT_TRUE(row.copy);
  EXPECT_EQ(row.identity, peer().entry("db").identity);
  EXPECT_EQ(row.copied_from->text(), "oslo");
  EXPECT_EQ(row.papers.peer, "oslo");
  EXPECT_EQ(row.papers.head, peer().head().digest);
  EXPECT_EQ(row.rule, "subscription.oslo.all");
  EXPECT_EQ(plain(row), "bytes of db");
  EXPECT_FALSE(is_public(row)) << "bytes of copies are not served (R4)";
  EXPECT_EQ(account.done.at(1).fetched, peer().entry("db").packed->file.length);
}

TEST_F(verbs, R4_copies_are_served_by_a_mirror_that_says_so) {
  here.manifest.server.publish_copies = true;
  done({register_change(peer()), copy_change(peer(), "db", {"peer.oslo"}), publish_change()});
  EXPECT_TRUE(is_public(here.image("db")));
}

TEST_F(verbs, bytes_that_are_here_are_not_fetched) {
  done({register_change(peer()), add(here, "mine", "bytes of db")});
  here.transport.requests = 0;
  const apply::Account account = done({copy_change(peer(), "db")});
  EXPECT_EQ(here.transport.requests, 0);
  EXPECT_EQ(account.done.at(0).fetched, 0U);
  EXPECT_EQ(plain(here.image("db")), "bytes of db");
}

TEST_F(verbs, a_copy_is_updated_withdrawn_and_removed) {
  done({register_change(peer()), copy_change(peer(), "db")});
  const Address address = copy_address(peer().card().name, ImageName::of("db"));
  state::ImageRow row = here.image("db");
  row.name = ImageName::of("oslo-db");
  done({change_of(address, plan::UpdateCopy{.peer = peer().card().name, .row = row, .changes = {"name"}})});
  row = here.image("oslo-db");
  row.withdrawn_by_origin = true;
  row.reason = "broken";
  done({change_of(address, plan::WithdrawCopy{.peer = peer().card().name, .row = row})});
  EXPECT_TRUE(here.image("oslo-db").withdrawn_by_origin);
  done({change_of(address, plan::RemoveCopy{.peer = peer().card().name, .key = row.key, .name = row.name})});
  EXPECT_TRUE(here.image_names().empty());
  EXPECT_TRUE(here.store().has(here.state().object(row.digest)->packed)) << "bytes stay until they are collected";
}

TEST_F(verbs, a_series_may_name_a_copy_by_the_name_it_is_going_to_have) {
  done({register_change(peer()), copy_change(peer(), "db")});
  state::ImageRow row = here.image("db");
  row.name = ImageName::of("oslo-db");
  done({series_change("s", {"oslo-db"}),
        change_of(copy_address(peer().card().name, ImageName::of("db")),
                  plan::UpdateCopy{.peer = peer().card().name, .row = row, .changes = {"name"}})});
  EXPECT_EQ(here.state().snapshot().series.at(0).members.size(), 1U);
}

TEST_F(verbs, what_a_plan_found_unwanted_is_remembered) {
  done({register_change(peer()), copy_change(peer(), "db")});
  plan::Plan plan = here.plan_of({});
  plan.wantedness.push_back({.key = here.image("db").key, .unwanted_since = here.clock.time});
  here.apply(plan);
  EXPECT_EQ(here.image("db").unwanted_since, here.clock.time);
}

}  // namespace
}  // namespace ingot::verbs_test
