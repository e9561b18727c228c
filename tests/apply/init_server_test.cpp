#include "reconciler/apply/publish/init_server.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/store/store.hpp"
#include "schema/error.hpp"
#include "state/state.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::init_server_test {
namespace {

namespace fs = std::filesystem;
using testing_support::read_tree;
using testing_support::StandingClock;
using testing_support::TestFolder;

struct Stopped {};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned mode_of(const std::string& path) { return static_cast<unsigned>(fs::status(path).permissions()) & 0777U; }

class init : public testing::Test {
 protected:
  Card make() {
    made.clear();
    return apply::init_server(server, disk, clock, [this](const std::string& what) { made.push_back(what); });
  }
  /// Stops right after the n-th thing was made.
  void make_and_stop_after(std::size_t count) {
    std::size_t done = 0;
    EXPECT_THROW(apply::init_server(server, disk, clock,
                                    [&](const std::string&) {
                                      if (++done == count) throw Stopped{};
                                    }),
                 Stopped);
  }
  std::string refusal() {
    try {
      make();
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::local);
      EXPECT_NE(error.mend(), "");
      return error.text();
    }
    return "no refusal";
  }
  std::string store_public() const { return server.store + "/public"; }

  TestFolder folder;
  io::PosixFiles disk;
  StandingClock clock;
  ServerSection server{.name = ServerName::of("oslo"),
                       .url = "https://oslo.example.net/",
                       .store = folder.path() + "/a/store",
                       .state = folder.path() + "/a/state/ingot.db",
                       .keys = folder.path() + "/a/keys",
                       .clients = {},
                       .targets = {},
                       .at = {}};
  std::vector<std::string> made;
};

TEST_F(init, makes_a_whole_server_and_its_card) {
  const Card card = make();
  EXPECT_EQ(made.size(), 6U);
  EXPECT_EQ(card.name, server.name);
  EXPECT_EQ(card.url, *server.url);
  const auto tree = read_tree(store_public());
  EXPECT_EQ(tree.faults, std::vector<std::string>());
  EXPECT_EQ(tree.serial, 1U);
  const state::State state = state::State::open(server.state, state::Access::read_only);
  EXPECT_EQ(state.self(), card.id);
  EXPECT_EQ(store::Store::lineage_of(disk, server.store), state.lineage());
}

TEST_F(init, keys_are_for_their_owner_alone_whatever_the_umask) {
  const mode_t before = ::umask(0);
  make();
  ::umask(before);
  EXPECT_EQ(mode_of(server.keys), 0700U);
  EXPECT_EQ(mode_of(apply::root_key_path(server.keys)), 0600U);
  EXPECT_EQ(mode_of(apply::catalog_key_path(server.keys)), 0600U);
}

TEST_F(init, a_second_time_makes_nothing_and_gives_the_same_card) {
  const Card first = make();
  const std::string head = bytes_of(store_public() + "/head.dsse");
  EXPECT_EQ(make(), first);
  EXPECT_EQ(made, std::vector<std::string>());
  EXPECT_EQ(bytes_of(store_public() + "/head.dsse"), head);
}

TEST_F(init, a_run_that_was_cut_off_after_any_step_is_completed_by_the_next) {
  make();
  const std::size_t steps = made.size();
  for (std::size_t step = 1; step <= steps; ++step) {
    SCOPED_TRACE(step);
    fs::remove_all(folder.path() + "/a");
    make_and_stop_after(step);
    const Card card = make();
    EXPECT_EQ(made.size(), steps - step);
    const auto tree = read_tree(store_public());
    EXPECT_EQ(tree.faults, std::vector<std::string>());
    EXPECT_EQ(state::State::open(server.state, state::Access::read_only).self(), card.id);
    EXPECT_EQ(make(), card);
  }
}

TEST_F(init, two_servers_have_different_identities) {
  const Card one = make();
  server.store = folder.path() + "/b/store";
  server.state = folder.path() + "/b/state/ingot.db";
  server.keys = folder.path() + "/b/keys";
  EXPECT_NE(make().id, one.id);
}

TEST_F(init, refuses_a_state_of_another_server) {
  make();
  ServerSection other = server;
  other.store = folder.path() + "/b/store";
  other.state = folder.path() + "/b/ingot.db";
  other.keys = folder.path() + "/b/keys";
  apply::init_server(other, disk, clock, [](const std::string&) {});
  server.state = other.state;
  EXPECT_NE(refusal().find("belong to different servers"), std::string::npos) << refusal();
}

TEST_F(init, refuses_keys_of_another_server) {
  make();
  server.keys = folder.path() + "/b/keys";
  fs::create_directories(server.keys);
  std::ofstream(apply::catalog_key_path(server.keys)) << trust::PrivateKey::generate().to_pem();
  EXPECT_NE(refusal().find("holds 0 of the catalog keys that root 1 names"), std::string::npos) << refusal();
}

TEST_F(init, says_why_a_key_that_is_here_is_not_used) {
  make();
  fs::permissions(apply::catalog_key_path(server.keys), fs::perms::others_read, fs::perm_options::add);
  EXPECT_NE(refusal().find("everybody on this machine can read the private key"), std::string::npos) << refusal();
}

TEST_F(init, never_makes_a_new_key_for_a_root_that_is_published) {
  make();
  fs::remove(apply::catalog_key_path(server.keys));
  EXPECT_NE(refusal().find("catalog key"), std::string::npos) << refusal();
  EXPECT_FALSE(fs::exists(apply::catalog_key_path(server.keys)));
}

TEST_F(init, a_root_key_that_is_kept_elsewhere_is_not_missed) {
  make();
  fs::remove(apply::root_key_path(server.keys));
  make();
  EXPECT_FALSE(fs::exists(apply::root_key_path(server.keys)));
}

TEST_F(init, refuses_when_the_state_of_a_server_that_published_is_gone) {
  make();
  fs::remove(server.state);
  EXPECT_NE(refusal().find("its state"), std::string::npos) << refusal();
  EXPECT_FALSE(fs::exists(server.state));
}

TEST_F(init, never_makes_a_new_identity_over_what_a_server_left) {
  make();
  fs::remove(server.state);
  fs::remove(store_public() + "/root/1.dsse");
  EXPECT_NE(refusal().find("\"" + store_public() + "/root/1.dsse\" is gone"), std::string::npos) << refusal();
  fs::remove(store_public() + "/head.dsse");
  EXPECT_NE(refusal().find("public/c\" belongs to a server that was created here"), std::string::npos)
      << "pieces alone: " << refusal();
  fs::remove(server.store + "/LINEAGE");
  EXPECT_NE(refusal().find("/LINEAGE\" is gone"), std::string::npos) << refusal();
  fs::remove_all(server.keys);
  EXPECT_NE(refusal().find("is gone"), std::string::npos) << refusal();
  EXPECT_FALSE(fs::exists(server.state));
  EXPECT_FALSE(fs::exists(server.keys));
}

TEST_F(init, refuses_a_lost_state_also_when_only_pieces_of_the_catalog_are_left) {
  make();
  fs::remove(server.state);
  fs::remove(store_public() + "/head.dsse");
  EXPECT_NE(refusal().find("its state"), std::string::npos) << refusal();
}

TEST_F(init, refuses_when_the_store_of_a_state_is_gone_or_has_lost_its_root) {
  make();
  fs::remove(store_public() + "/root/1.dsse");
  EXPECT_NE(refusal().find("lost its root"), std::string::npos) << refusal();
  fs::remove_all(server.store);
  EXPECT_NE(refusal().find("is gone"), std::string::npos) << refusal();
  EXPECT_FALSE(fs::exists(server.store));
}

TEST_F(init, refuses_a_damaged_root_and_a_key_that_is_none) {
  make();
  std::ofstream(store_public() + "/root/1.dsse", std::ios::trunc) << "{}";
  EXPECT_NE(refusal().find("is damaged"), std::string::npos) << refusal();
}

TEST_F(init, a_key_that_is_no_key_is_named_and_kept) {
  fs::create_directories(server.keys);
  std::ofstream(apply::root_key_path(server.keys)) << "no key, canary-secret";
  const std::string why = refusal();
  EXPECT_NE(why.find("root.pem"), std::string::npos) << why;
  EXPECT_EQ(why.find("canary-secret"), std::string::npos) << why;
  EXPECT_EQ(bytes_of(apply::root_key_path(server.keys)), "no key, canary-secret");
}

}  // namespace
}  // namespace ingot::init_server_test
