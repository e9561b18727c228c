// Release keys as operators use them: everything by the command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"

namespace ingot::releases_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::expect_valid_json;

struct Releases : testing_support::Commands {
  std::string path(const std::string& below) const { return (folder / below).string(); }
  Ran must(int exit, const std::string& server, const std::vector<std::string>& words) {
    Ran ran = at(server, words);
    EXPECT_EQ(ran.exit, exit) << words[0] << " " << (words.size() > 1 ? words[1] : "") << ": " << ran.out << ran.err;
    return ran;
  }
  /// "gold" has copied its image "a" to "silver", and from then on names this release key, which is not there.
  void name_release_key() {
    two_servers();
    must(0, "silver", {"apply", "--yes"});
    fs::create_directories(folder / "offline");
    const std::string key = ingot({"key", "make", path("offline/release.pem"), "-q"}).out.substr(0, 64);
    must(0, "gold", {"key", "rotate", "--add-release", key});
  }
  void add_image_b() {
    write("gold/b.bin", "bytes of b");
    manifest("gold",
             "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"b\"\nsource = \"b.bin\"\n");
    must(0, "gold", {"apply", "--yes"});
  }
};

TEST_F(Releases, an_image_that_is_not_released_is_listed_but_not_copied_and_copies_of_before_stay) {
  name_release_key();
  EXPECT_THAT(must(0, "silver", {"plan"}).out, HasSubstr("No changes."));
  EXPECT_THAT(must(0, "gold", {"plan"}).out, HasSubstr("ingot key release a"));
  add_image_b();
  EXPECT_THAT(must(3, "silver", {"plan"}).out, HasSubstr("its release keys have not signed it"));
  EXPECT_THAT(must(3, "silver", {"plan", "--json"}).out, HasSubstr("\"code\":\"not-released\""));
  must(3, "silver", {"apply", "--yes"});
  EXPECT_THAT(must(0, "silver", {"query", "images"}).out, Not(HasSubstr("b  ")));
  EXPECT_THAT(at("silver", {"explain", "b"}).out, HasSubstr("not-released"));
  EXPECT_THAT(must(0, "silver", {"query", "images", "--peer", "gold"}).out, HasSubstr("PUBLISHED, not released"));
  const std::string listed = must(0, "silver", {"query", "images", "--peer", "gold", "--json"}).out;
  EXPECT_THAT(listed, HasSubstr("\"released\":false"));
  expect_valid_json("images", listed);
  EXPECT_THAT(must(0, "gold", {"key", "show"}).out, HasSubstr("releases  1 of 1 must sign"));
  expect_valid_json("keys", must(0, "gold", {"key", "show", "--json"}).out);
}

TEST_F(Releases, what_is_not_signed_is_remembered_until_something_changes) {
  name_release_key();
  EXPECT_THAT(must(0, "gold", {"plan"}).out, HasSubstr("ingot key release a"));
  const fs::path cache = folder / "gold/state/cache/unreleased";
  const std::string as_it_was = read(cache);
  const std::size_t names = as_it_was.find('\n') + 1;
  write("gold/state/cache/unreleased", as_it_was.substr(0, names) + "remembered\nend\n");
  EXPECT_THAT(must(0, "gold", {"plan"}).out, HasSubstr("ingot key release remembered"))
      << "signatures are not held against the keys again";
  for (const std::string& broken :
       {as_it_was.substr(0, names), std::string("no cache"), as_it_was.substr(0, names) + "no name at all\nend\n"}) {
    write("gold/state/cache/unreleased", broken);
    EXPECT_THAT(must(0, "gold", {"plan"}).out, HasSubstr("ingot key release a"));
  }
  write("gold/state/cache/unreleased", as_it_was.substr(0, names) + "remembered\nend\n");
  add_image_b();
  EXPECT_THAT(must(0, "gold", {"plan"}).out, AllOf(HasSubstr("ingot key release a b"), Not(HasSubstr("remembered"))));
}

TEST_F(Releases, images_are_signed_where_the_key_is_and_installed_where_they_are_published) {
  name_release_key();
  add_image_b();
  const Ran written = must(0, "gold", {"key", "release", "a", "b", "--json"});
  expect_valid_json("releases", written.out);
  const std::string file = path("gold/keys/releases.jsonl");
  EXPECT_THAT(must(7, "gold", {"key", "install", file}).err, HasSubstr("signed by 0 of the 1 release keys that must sign it"));
  EXPECT_EQ(must(7, "gold", {"key", "release", "a"}).exit, 7) << "a file that waits is not replaced";
  EXPECT_THAT(ingot({"key", "show", file}).out, AllOf(HasSubstr("a  SOFTWARE, file, 0 signatures"), HasSubstr("b  ")));
  const Ran signed_there = ingot({"key", "sign", file, "--key", path("offline/release.pem")});
  EXPECT_EQ(signed_there.exit, 0) << signed_there.err;
  EXPECT_THAT(signed_there.out, HasSubstr("1 signature\n"));
  EXPECT_THAT(must(0, "gold", {"key", "install", file}).out, HasSubstr("Released: serial "));
  must(0, "silver", {"apply", "--yes"});
  EXPECT_THAT(must(0, "silver", {"query", "images"}).out, HasSubstr("b  "));
  EXPECT_THAT(must(0, "silver", {"query", "images", "--peer", "gold", "--json"}).out,
              AllOf(HasSubstr("\"released\":true"), Not(HasSubstr("\"released\":false"))));
  EXPECT_THAT(must(0, "gold", {"plan"}).out, AllOf(HasSubstr("No changes."), Not(HasSubstr("ingot key release"))));
  must(0, "gold", {"publish"});
  EXPECT_THAT(must(0, "silver", {"query", "images", "--peer", "gold", "--json"}).out, HasSubstr("\"released\":true"))
      << "each later head shows it too";
  must(0, "gold", {"verify"});
  must(0, "gold", {"gc", "--grace", "0"});
  must(0, "gold", {"publish"});
  EXPECT_THAT(must(0, "silver", {"query", "images", "--peer", "gold", "--json"}).out, HasSubstr("\"released\":true"))
      << "gc leaves releases alone";
}

TEST_F(Releases, a_release_key_that_is_here_releases_at_once) {
  name_release_key();
  add_image_b();
  EXPECT_THAT(must(0, "gold", {"key", "release", "b", "--key", path("offline/release.pem")}).out, HasSubstr("Released: serial "));
  must(0, "silver", {"apply", "--yes"});
  EXPECT_FALSE(fs::exists(folder / "gold/keys/releases.jsonl"));
}

TEST_F(Releases, of_another_server_or_by_another_key_are_refused) {
  name_release_key();
  ASSERT_EQ(ingot({"key", "make", path("offline/other.pem"), "-q"}).exit, 0);
  must(0, "gold", {"key", "release", "a", "--key", path("offline/other.pem"), "--out", path("a.jsonl")});
  EXPECT_THAT(must(7, "gold", {"key", "install", path("a.jsonl")}).err, HasSubstr("signed by 0 of the 1"));
  EXPECT_THAT(must(7, "silver", {"key", "install", path("a.jsonl")}).err, HasSubstr("of another server"));
  EXPECT_THAT(must(7, "silver", {"key", "release", "a"}).err, HasSubstr("names no release keys"));
  EXPECT_THAT(must(7, "gold", {"key", "release", "nothing"}).err, HasSubstr("publishes no own image \"nothing\""));
  EXPECT_FALSE(fs::exists(folder / "gold/store/releases") && !fs::is_empty(folder / "gold/store/releases"));
}

TEST_F(Releases, A11_a_thief_of_the_catalog_key_publishes_and_nothing_is_copied) {
  name_release_key();
  must(0, "gold", {"key", "release", "a", "--key", path("offline/release.pem")});
  fs::copy(folder / "gold", folder / "thief", fs::copy_options::recursive);
  fs::remove(folder / "thief/keys/root.pem");
  write("thief/evil.bin", "evil");
  manifest("thief",
           "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"evil\"\nsource = \"evil.bin\"\n");
  must(0, "thief", {"apply", "--yes"});
  manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + path("gold/server.card.toml") + "\"\nurls = [\"file://" +
                         path("thief/store/public") + "/\"]\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  EXPECT_THAT(must(3, "silver", {"apply", "--yes"}).out, HasSubstr("evil"));
  EXPECT_THAT(must(0, "silver", {"query", "images"}).out, Not(HasSubstr("evil")));
}

}  // namespace
}  // namespace ingot::releases_test
