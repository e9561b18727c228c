// Keys as an operator changes them, and what peers make of it (A11, G15): everything by the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::keys_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Keys : testing_support::Commands {
  std::string path(const std::string& below) const { return (folder / below).string(); }
  std::string head(const std::string& server) const { return read(folder / server / "store/public/head.dsse"); }
  bool has_root(const std::string& server, int version) const {
    return fs::exists(folder / server / "store/public/root" / (std::to_string(version) + ".dsse"));
  }
  /// Runs, and fails the test unless it exits so.
  Ran must(int exit, const std::string& server, const std::vector<std::string>& words) {
    Ran ran = at(server, words);
    EXPECT_EQ(ran.exit, exit) << words[0] << " " << (words.size() > 1 ? words[1] : "") << ": " << ran.out << ran.err;
    return ran;
  }
  std::string make_key(const std::string& below) {
    fs::create_directories((folder / below).parent_path());
    const Ran ran = ingot({"key", "make", path(below), "-q"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return ran.out.substr(0, 64);
  }
  /// "silver" copies from "gold", and is up to date.
  void settle() {
    two_servers();
    must(0, "silver", {"apply", "--yes"});
  }
  void silver_follows() {
    must(0, "silver", {"apply", "--yes"});
    EXPECT_THAT(must(0, "silver", {"plan"}).out, HasSubstr("No changes."));
  }
};

TEST_F(Keys, make_writes_a_private_file_and_prints_the_public_key) {
  const Ran made = ingot({"key", "make", path("root-b.pem")});
  EXPECT_EQ(made.exit, 0) << made.err;
  EXPECT_THAT(made.out, testing::MatchesRegex("[0-9a-f]{64}\n"));
  struct stat status {};
  ASSERT_EQ(::stat(path("root-b.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(ingot({"key", "show", path("root-b.pem")}).out, made.out);
  const std::string before = read(folder / "root-b.pem");
  EXPECT_EQ(ingot({"key", "make", path("root-b.pem")}).exit, 6) << "ingot never overwrites a key";
  EXPECT_EQ(read(folder / "root-b.pem"), before);
  testing_support::expect_valid_json("key", ingot({"key", "make", path("c.pem"), "--json"}).out);
}

TEST_F(Keys, make_leaves_what_others_have_beside_the_new_key) {
  write("root-b.pem.new", "somebody's");
  EXPECT_EQ(ingot({"key", "make", path("root-b.pem")}).exit, 0);
  EXPECT_EQ(ingot({"key", "make", path("root-b.pem")}).exit, 6) << "nor when it fails";
  EXPECT_EQ(read(folder / "root-b.pem.new"), "somebody's");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 2) << "and nothing half made";
}

TEST_F(Keys, a_private_key_that_everybody_can_read_is_not_used) {
  settle();
  const auto all = fs::perms::others_read;
  const auto refused =
      AllOf(HasSubstr("everybody on this machine can read the private key \""), HasSubstr("(mode 0604)"), HasSubstr("chmod 600"));
  fs::permissions(path("gold/keys/catalog.pem"), all, fs::perm_options::add);
  EXPECT_THAT(must(6, "gold", {"publish"}).err, refused);
  EXPECT_THAT(must(0, "gold", {"key", "show"}).out, refused);
  fs::permissions(path("gold/keys/catalog.pem"), all, fs::perm_options::remove);
  fs::permissions(path("gold/keys/root.pem"), all, fs::perm_options::add);
  EXPECT_THAT(must(6, "gold", {"key", "rotate"}).err, refused);
  EXPECT_THAT(must(6, "gold", {"key", "rotate", "--key", path("gold/keys/root.pem")}).err, refused);
  EXPECT_FALSE(has_root("gold", 2));
  fs::permissions(path("gold/keys/root.pem"), all, fs::perm_options::remove);
  fs::permissions(path("gold/keys/root.pem"), fs::perms::group_read, fs::perm_options::add);  // as a service gets its credentials
  must(0, "gold", {"key", "rotate"});
}

TEST_F(Keys, K6_a_change_of_keys_that_died_before_its_head_is_gone_on_with_and_not_made_twice) {
  settle();
  make_key("gold/keys/catalog-2.pem");
  fs::copy(folder / "gold", folder / "before", fs::copy_options::recursive);
  const auto died_between_root_and_head = [&](const std::vector<std::string>& words) {
    fs::remove_all(folder / "gold");
    fs::copy(folder / "before", folder / "gold", fs::copy_options::recursive);
    must(0, "gold", words);
    fs::copy(folder / "gold/store/public/root/2.dsse", folder / "2.dsse", fs::copy_options::overwrite_existing);
    fs::remove_all(folder / "gold");
    fs::copy(folder / "before", folder / "gold", fs::copy_options::recursive);
    fs::copy(folder / "2.dsse", folder / "gold/store/public/root/2.dsse");
  };
  const std::vector<std::vector<std::string>> changes{
      {"key", "rotate"},
      {"key", "rotate", "--add-catalog", path("gold/keys/catalog-2.pem"), "--drop-catalog", path("gold/keys/catalog.pem")},
      {"key", "revoke", path("gold/keys/catalog.pem"), "--add-catalog", path("gold/keys/catalog-2.pem")}};
  for (const auto& words : changes) {
    died_between_root_and_head(words);
    const Ran again = must(0, "gold", words);
    EXPECT_FALSE(has_root("gold", 3)) << again.out;
    EXPECT_THAT(again.out, HasSubstr("2"));
    must(0, "gold", {"plan", "--detailed-exitcode"});
    must(0, "gold", {"verify"});
  }
  died_between_root_and_head({"key", "rotate"});
  must(0, "gold", changes[1]);
  EXPECT_TRUE(has_root("gold", 3)) << "another change is another root";
  silver_follows();
}

TEST_F(Keys, show_says_which_keys_count_when_they_end_and_where_they_are) {
  make("gold");
  make_key("gold/keys/catalog-9.pem");
  fs::remove(folder / "gold/keys/root.pem");
  const Ran shown = must(0, "gold", {"key", "show"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("Root 1 of gold sha256:"), HasSubstr("epoch     1"), HasSubstr("days"),
                               HasSubstr("1 of 1 must sign"), HasSubstr("not here"), HasSubstr("keys/catalog.pem"),
                               HasSubstr("which this root does not name")));
  testing_support::expect_valid_json("keys", must(0, "gold", {"key", "show", "--json"}).out);
  EXPECT_EQ(at("gold", {"key", "show", path("gold/ingot.toml")}).exit, 6);
}

TEST_F(Keys, A8_a_root_is_renewed_by_rotating_nothing_and_peers_follow) {
  settle();
  const Ran rotated = must(0, "gold", {"key", "rotate", "--json"});
  testing_support::expect_valid_json("rotation", rotated.out);
  EXPECT_TRUE(has_root("gold", 2));
  silver_follows();
  EXPECT_THAT(must(0, "gold", {"query", "history"}).out, HasSubstr("key rotate"));
  must(0, "gold", {"verify"});
  must(0, "gold", {"drift"});
  must(0, "gold", {"init"});
}

TEST_F(Keys, A8_a_root_that_ends_soon_is_told_of_by_its_owner_and_its_peers_until_it_is_renewed) {
  settle();
  must(0, "gold", {"key", "rotate", "--expires", "59d"});
  EXPECT_THAT(must(0, "gold", {"plan"}).out, HasSubstr("the root of trust of this server expires at"));
  EXPECT_THAT(must(0, "gold", {"status"}).out, HasSubstr("ingot key rotate"));
  EXPECT_THAT(must(0, "gold", {"apply", "--yes", "-q"}).err, HasSubstr("the root of trust of this server expires at"))
      << "a timer's journal has it";
  silver_follows();
  EXPECT_THAT(must(0, "silver", {"plan"}).out, HasSubstr("the root of trust of peer \"gold\" expires at"))
      << "also of a peer with nothing to do";
  EXPECT_THAT(must(0, "silver", {"plan", "--json"}).out, HasSubstr("\"code\":\"root-ends\",\"address\":\"peer.gold\""));
  must(0, "gold", {"key", "rotate", "--expires", "61d"});
  EXPECT_THAT(must(0, "gold", {"plan"}).out, Not(HasSubstr("root of trust")));
  EXPECT_THAT(must(0, "silver", {"plan"}).out, Not(HasSubstr("root of trust")));
}

TEST_F(Keys, A11_a_catalog_key_is_rotated_with_an_overlap) {
  settle();
  make_key("gold/keys/catalog-2.pem");
  must(0, "gold", {"key", "rotate", "--add-catalog", path("gold/keys/catalog-2.pem")});
  EXPECT_THAT(head("gold"), testing::ContainsRegex("\"sig\".*\"sig\""))
      << "both keys sign, so that a reader may know either root";
  silver_follows();
  must(0, "gold", {"key", "rotate", "--drop-catalog", path("gold/keys/catalog.pem")});
  fs::remove(folder / "gold/keys/catalog.pem");
  silver_follows();
  write("gold/a2.bin", "more");
  manifest("gold",
           "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"a2\"\nsource = \"a2.bin\"\n");
  must(0, "gold", {"apply", "--yes"});
  silver_follows();
  EXPECT_THAT(must(0, "silver", {"query", "images"}).out, HasSubstr("a2"));
  must(0, "gold", {"init"});
  EXPECT_FALSE(fs::exists(folder / "gold/keys/catalog.pem")) << "init makes no key that no root names";
}

TEST_F(Keys, G15_a_stolen_catalog_key_is_revoked_and_its_owner_climbs_past_the_thief) {
  settle();
  fs::copy(folder / "gold", folder / "thief", fs::copy_options::recursive);
  must(0, "thief", {"publish", "--above", "1000"});
  const auto served_by = [&](const std::string& server) {
    manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + path("gold/server.card.toml") + "\"\nurls = [\"file://" +
                           path(server + "/store/public") +
                           "/\"]\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  };
  served_by("thief");
  must(0, "silver", {"apply", "--yes"});
  served_by("gold");
  EXPECT_THAT(must(0, "silver", {"plan"}).out, HasSubstr("serial 1001 was seen before"));

  make_key("gold/keys/catalog-2.pem");
  const Ran revoked =
      must(0, "gold", {"key", "revoke", path("gold/keys/catalog.pem"), "--add-catalog", path("gold/keys/catalog-2.pem")});
  EXPECT_THAT(revoked.out, HasSubstr("ingot publish --above SERIAL"));
  EXPECT_THAT(must(4, "silver", {"plan"}).out, HasSubstr("rollback 1001->")) << "serials go on: an epoch alone does not help";
  must(0, "gold", {"publish", "--above", "1001"});
  silver_follows();
  EXPECT_THAT(must(0, "silver", {"query", "peers"}).out, HasSubstr("1002"));

  must(0, "thief", {"publish", "--above", "5000"});
  served_by("thief");
  EXPECT_THAT(must(4, "silver", {"plan"}).out, HasSubstr("UNTRUSTED: peer gold"));
  must(0, "silver", {"verify"});
}

TEST_F(Keys, R21_revoke_works_from_the_state_whatever_a_thief_put_into_the_published_tree) {
  settle();
  fs::copy(folder / "gold", folder / "thief", fs::copy_options::recursive);
  write("thief/evil.bin", "evil");
  const std::string honest = "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n";
  manifest("thief", honest + "[[image]]\nname = \"evil\"\nsource = \"evil.bin\"\n");
  must(0, "thief", {"apply", "--yes"});
  must(0, "thief", {"publish", "--above", "1000"});
  fs::copy(folder / "thief/store/public", folder / "gold/store/public",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  must(0, "silver", {"apply", "--yes"});
  EXPECT_THAT(must(0, "silver", {"query", "images"}).out, HasSubstr("evil"));
  EXPECT_THAT(must(6, "gold", {"plan"}).err, HasSubstr("ingot key revoke"));
  EXPECT_THAT(must(7, "gold", {"state", "rebuild"}).err, AllOf(HasSubstr("evil"), HasSubstr("--yes")));

  make_key("gold/keys/catalog-2.pem");
  const std::vector<std::string> revoke{"key", "revoke", path("gold/keys/catalog.pem"), "--add-catalog",
                                        path("gold/keys/catalog-2.pem")};
  EXPECT_THAT(must(7, "gold", revoke).err, AllOf(HasSubstr("evil"), HasSubstr("--yes")));
  EXPECT_FALSE(has_root("gold", 2)) << "nothing was changed";
  std::vector<std::string> meant = revoke;
  meant.emplace_back("--yes");
  must(0, "gold", meant);
  EXPECT_THAT(must(0, "silver", {"plan"}).out, AllOf(HasSubstr("disowned"), HasSubstr("evil")));
  silver_follows();
  EXPECT_THAT(must(7, "silver", {"extract", "evil", path("out")}).err, HasSubstr("disowned"));
  must(0, "gold", {"plan"});
  must(0, "gold", {"verify"});
}

TEST_F(Keys, R21_an_apply_goes_on_where_a_revocation_died_before_its_head) {
  settle();
  fs::copy(folder / "gold", folder / "thief", fs::copy_options::recursive);
  must(0, "thief", {"publish", "--above", "1000"});
  make_key("gold/keys/catalog-2.pem");
  fs::copy(folder / "gold", folder / "before", fs::copy_options::recursive);
  must(0, "gold", {"key", "revoke", path("gold/keys/catalog.pem"), "--add-catalog", path("gold/keys/catalog-2.pem")});
  fs::copy(folder / "gold/store/public/root/2.dsse", folder / "2.dsse");
  fs::remove_all(folder / "gold");
  fs::rename(folder / "before", folder / "gold");
  fs::copy(folder / "thief/store/public", folder / "gold/store/public",
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  fs::copy(folder / "2.dsse", folder / "gold/store/public/root/2.dsse");
  must(0, "silver", {"apply", "--yes"});
  must(0, "gold", {"apply", "--yes"});
  silver_follows();
  EXPECT_THAT(must(0, "silver", {"query", "peers"}).out, HasSubstr("1002")) << "above what the thief published";
}

TEST_F(Keys, apply_without_a_catalog_key_of_the_newest_root_changes_nothing) {
  settle();
  make_key("gold/keys/catalog-2.pem");
  must(0, "gold", {"key", "revoke", path("gold/keys/catalog.pem"), "--add-catalog", path("gold/keys/catalog-2.pem")});
  fs::remove(folder / "gold/keys/catalog-2.pem");
  const std::string before = head("gold");
  manifest("gold", "[[image]]\nname = \"new\"\nsource = \"a.bin\"\n");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"apply", "--yes"}, {"publish"}}) {
    EXPECT_THAT(must(6, "gold", words).err,
                AllOf(HasSubstr("holds 0 of the catalog keys that root 2 names"), HasSubstr("ingot key rotate")));
  }
  EXPECT_EQ(head("gold"), before);
  EXPECT_THAT(must(0, "gold", {"query", "images"}).out, Not(HasSubstr("new")));
}

TEST_F(Keys, A11_a_quorum_signs_on_other_machines_and_nothing_is_published_before) {
  settle();
  const std::string b = make_key("stick/root-b.pem");
  const std::string c = make_key("stick/root-c.pem");
  must(0, "gold",
       {"key", "rotate", "--add-root", b, "--add-root", c, "--root-threshold", "2", "--key", path("stick/root-b.pem")});
  EXPECT_TRUE(has_root("gold", 2)) << "one of the old and two of the new keys signed";
  silver_follows();
  fs::rename(folder / "gold/keys/root.pem", folder / "stick/root-a.pem");
  EXPECT_THAT(must(7, "gold", {"key", "rotate"}).err, HasSubstr("there is no private root key here"));

  const std::string before = head("gold");
  const Ran begun = must(0, "gold", {"key", "rotate", "--key", path("stick/root-a.pem"), "--json"});
  testing_support::expect_valid_json("rotation", begun.out);
  EXPECT_THAT(begun.out, AllOf(HasSubstr("\"installed\":false"), HasSubstr("keys/root-3.dsse")));
  EXPECT_FALSE(has_root("gold", 3));
  EXPECT_EQ(head("gold"), before);
  EXPECT_THAT(must(0, "gold", {"key", "show"}).out, HasSubstr("waits for signatures"));
  EXPECT_THAT(must(7, "gold", {"key", "rotate", "--key", path("stick/root-a.pem")}).err, HasSubstr("exists: a new root"))
      << "signatures that were collected are not thrown away";
  EXPECT_THAT(must(7, "gold", {"key", "install", path("gold/keys/root-3.dsse")}).err, HasSubstr("nothing was changed"));
  EXPECT_EQ(head("gold"), before);

  fs::copy(folder / "gold/keys/root-3.dsse", folder / "stick/root-3.dsse");
  const Ran signed_there = ingot({"key", "sign", path("stick/root-3.dsse"), "--key", path("stick/root-c.pem"), "--json"});
  EXPECT_EQ(signed_there.exit, 0) << signed_there.err;
  testing_support::expect_valid_json("keys", signed_there.out);
  must(0, "gold", {"key", "install", path("stick/root-3.dsse")});
  EXPECT_TRUE(has_root("gold", 3));
  EXPECT_FALSE(fs::exists(folder / "gold/keys/root-3.dsse"));
  silver_follows();
}

TEST_F(Keys, A10_climbing_is_bounded_by_what_peers_follow) {
  make("gold");
  const std::string before = head("gold");
  EXPECT_THAT(must(7, "gold", {"publish", "--above", "2147483649"}).err, HasSubstr("the first with --above 2147483648"));
  EXPECT_THAT(must(7, "gold", {"publish", "--above", "9007199254740991"}).err, HasSubstr("is the largest"));
  must(64, "gold", {"publish", "--above", "9007199254740992"});
  must(64, "gold", {"publish", "--above", "-1"});
  EXPECT_EQ(head("gold"), before);
  EXPECT_THAT(must(0, "gold", {"publish", "--above", "2147483648"}).out, HasSubstr("serial 2147483649"));
  EXPECT_THAT(must(0, "gold", {"publish", "--above", "5"}).out, HasSubstr("serial 2147483650"))
      << "one more is still no jump for who saw the first";
}

TEST_F(Keys, what_cannot_be_a_root_is_refused_with_its_mend) {
  make("gold");
  EXPECT_THAT(must(64, "gold", {"key", "rotate", "--root-threshold", "2"}).err, HasSubstr("2 of 1 root keys"));
  EXPECT_THAT(must(64, "gold", {"key", "rotate", "--root-threshold", "0"}).err, HasSubstr("1 to 16"));
  EXPECT_THAT(must(64, "gold", {"key", "revoke", path("gold/keys/catalog.pem")}).err, HasSubstr("--add-catalog KEY"));
  EXPECT_THAT(must(64, "gold", {"key", "rotate", "--add-catalog", "nobody"}).err, HasSubstr("is not a key"));
  EXPECT_THAT(must(64, "gold", {"key", "rotate", "--expires", "2001-01-01T00:00:00Z"}).err, HasSubstr("in the past"));
  EXPECT_THAT(must(64, "gold", {"key", "rotates"}).err, HasSubstr("did you mean \"rotate\"?"));
  EXPECT_THAT(must(64, "gold", {"key"}).err, HasSubstr("ingot key --help"));
  EXPECT_THAT(must(64, "gold", {"key", "show", "--expires", "1d"}).err, HasSubstr("takes no --expires"));
  EXPECT_THAT(must(64, "gold", {"key", "revoke"}).err, HasSubstr("key revoke needs KEY..."));
  EXPECT_FALSE(has_root("gold", 2));
}

TEST_F(Keys, R5_a_lost_root_is_another_server_until_the_peer_says_that_it_replaces_the_old_one) {
  settle();
  const std::string old_id = read(folder / "gold/server.card.toml");
  const std::string old_root = old_id.substr(old_id.find("sha256:"), 71);
  fs::rename(folder / "gold", folder / "lost");
  make("gold");
  write("gold/a.bin", "bytes of a");
  manifest("gold", "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n");
  must(0, "gold", {"apply", "--yes"});
  const Ran refused = must(4, "silver", {"plan"});
  EXPECT_THAT(refused.out, HasSubstr("replaces = \"" + old_root + "\""));
  EXPECT_THAT(must(4, "silver", {"plan", "--json"}).out, HasSubstr("identity-changed"));
  EXPECT_THAT(must(0, "silver", {"query", "images"}).out, HasSubstr("gold (copy)"));
  manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + path("gold/server.card.toml") + "\"\nreplaces = \"" + old_root +
                         "\"\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  must(0, "silver", {"apply", "--yes"});
  EXPECT_THAT(must(0, "silver", {"plan"}).out, HasSubstr("No changes."));
  EXPECT_EQ(must(0, "silver", {"extract", "a", "-"}).out, "bytes of a");
}

}  // namespace
}  // namespace ingot::keys_test
