// ingot bundle: a published tree on another disk, and the offline peer that reads it.
#include <unistd.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reconciler/command/images/bundle.hpp"
#include "schema/error.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/noise.hpp"

namespace ingot::bundle_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;
namespace fs = std::filesystem;

struct Bundle : testing_support::Commands {
  const fs::path stick = folder / "stick";

  /// "gold" with a, b, c in a series; "silver" reads the stick.
  void SetUp() override {
    make("gold");
    make("silver");
    for (const std::string name : {"a", "b", "c"}) write("gold/" + name, "bytes of " + name);
    manifest("gold", images("PUBLISHED"));
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
    manifest("silver", "[[peer]]\nname = \"gold\"\ncard = \"" + (folder / "gold/server.card.toml").string() +
                           "\"\nurls = [\"file://" + stick.string() +
                           "/\"]\noffline = true\n[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n");
  }
  static std::string images(const std::string& state_of_c) {
    return "[[image]]\nname = \"a\"\nsource = \"a\"\n[[image]]\nname = \"b\"\nsource = \"b\"\n[[image]]\nname = \"c\"\nsource = "
           "\"c\"\nstate "
           "= \"" +
           state_of_c + "\"\n[[series]]\nname = \"s\"\nimages = [\"a\", \"b\", \"c\"]\n";
  }
  Ran bundle(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"bundle", stick.string()});
    return at("gold", more);
  }
  /// Image → status.
  std::map<std::string, std::string> bundled(std::vector<std::string> more = {}) {
    more.push_back("--json");
    const Ran ran = bundle(more);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    testing_support::expect_valid_json("bundle", ran.out);
    std::map<std::string, std::string> found;
    const Json printed = Json::parse(ran.out);
    for (const auto& image : printed.at("images")) found[image.at("name")] = image.at("status");
    return found;
  }
  std::vector<fs::path> objects() const {
    std::vector<fs::path> found;
    if (!fs::exists(stick / "b")) return found;
    for (const auto& entry : fs::recursive_directory_iterator(stick / "b")) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
  }
  std::vector<std::string> at_silver() {
    std::vector<std::string> names;
    const Json printed = Json::parse(at("silver", {"query", "images", "--json"}).out);
    for (const auto& image : printed.at("images")) names.push_back(image.at("name"));
    return names;
  }
};

TEST_F(Bundle, has_what_was_chosen_and_is_added_to) {
  using Images = std::map<std::string, std::string>;
  EXPECT_EQ(bundled({"--series", "s", "--latest", "1"}), (Images{{"c", "added"}}));
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at_silver(), (std::vector<std::string>{"c"}));
  EXPECT_EQ(bundled({"a", "c"}), (Images{{"a", "added"}, {"c", "there"}}));
  EXPECT_EQ(bundled(), (Images{{"a", "there"}, {"b", "added"}, {"c", "there"}}));
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at_silver(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(at("silver", {"plan", "--detailed-exitcode"}).exit, 0);
}

TEST_F(Bundle, defers_what_the_medium_lacks_and_notes_that_it_is_away) {
  EXPECT_EQ(bundle({"a"}).exit, 0) << terminal.said;
  const Ran ran = at("silver", {"apply", "--yes", "--json"});
  EXPECT_EQ(ran.exit, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("not-on-medium"));
  fs::rename(stick, folder / "away");
  EXPECT_EQ(at("silver", {"reconcile"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at_silver(), (std::vector<std::string>{"a"}));
}

TEST_F(Bundle, takes_what_came_after_a_serial) {
  write("gold/d", "bytes of d");
  manifest("gold", images("PUBLISHED") + "[[image]]\nname = \"d\"\nsource = \"d\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  const auto rows = Json::parse(at("gold", {"query", "images", "--json"}).out).at("images");
  const int first = rows.at(0).at("serial").get<int>();
  EXPECT_EQ(bundled({"--since", std::to_string(first)}), (std::map<std::string, std::string>{{"d", "added"}}));
}

TEST_F(Bundle, leaves_withdrawn_images_out_unless_they_are_named) {
  manifest("gold", images("WITHDRAWN"));
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  EXPECT_EQ(bundled({"--series", "s", "--latest", "1"}), (std::map<std::string, std::string>{{"b", "added"}}));
  EXPECT_EQ(bundled({"c"}), (std::map<std::string, std::string>{{"c", "added"}}));
}

TEST_F(Bundle, names_what_there_is_not_and_writes_the_rest) {
  const Ran some = bundle({"a", "bb"});
  EXPECT_EQ(some.exit, 3);
  EXPECT_THAT(some.err, HasSubstr("\"bb\""));
  EXPECT_EQ(objects().size(), 1U);
  const Ran none = bundle({"--series", "z"});
  EXPECT_EQ(none.exit, 3);
  EXPECT_EQ(bundle({"--latest", "2"}).exit, 64);
  EXPECT_EQ(bundle({"--since", "x"}).exit, 64);
}

TEST_F(Bundle, goes_on_with_a_half_written_file_and_starts_anew_with_a_wrong_one) {
  write("gold/noise", testing_support::noise(3'000'000));
  manifest("gold", images("PUBLISHED") + "[[image]]\nname = \"noise\"\nsource = \"noise\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  ASSERT_EQ(bundle({"noise"}).exit, 0) << terminal.said;
  fs::path file = objects().at(0);
  for (const auto& one : objects()) {
    if (fs::file_size(one) > fs::file_size(file)) file = one;  // the bytes, not their table
  }
  const std::string whole = read(file);
  const std::string relative = file.lexically_relative(stick);
  for (const std::string& begun : {whole.substr(0, 1'500'000), std::string(1'500'000, 'x'), whole + "more"}) {
    fs::remove(file);
    fs::remove(stick / "head.dsse");
    write("stick/" + relative + ".part", begun);
    ASSERT_EQ(bundle({"noise"}).exit, 0) << terminal.said;
    EXPECT_TRUE(read(file) == whole);
    EXPECT_FALSE(fs::exists(file.string() + ".part"));
    EXPECT_TRUE(fs::exists(stick / "head.dsse"));
  }
}

TEST_F(Bundle, is_read_again_and_every_changed_byte_is_named) {
  ASSERT_EQ(bundle().exit, 0) << terminal.said;
  const Ran good = bundle({"--verify", "--json"});
  EXPECT_EQ(good.exit, 0) << good.err;
  testing_support::expect_valid_json("bundlecheck", good.out);
  EXPECT_EQ(Json::parse(good.out).at("files"), 3);
  const fs::path file = objects().at(0);
  std::string bytes = read(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  std::ofstream(file, std::ios::binary) << bytes;
  const Ran bad = bundle({"--verify", "--json"});
  EXPECT_EQ(bad.exit, 6);
  EXPECT_EQ(Json::parse(bad.out).at("damaged").at(0).at("path"), file.lexically_relative(stick).string());
  fs::remove(file);
  EXPECT_EQ(bundle({"--since", "0"}).exit, 0) << terminal.said;
  EXPECT_EQ(bundle({"--verify"}).exit, 0) << terminal.said;
  for (const auto& choice : {std::vector<std::string>{"a"}, {"--since", "0"}, {"--series", "s"}}) {
    auto both = choice;
    both.emplace_back("--verify");
    EXPECT_EQ(bundle(both).exit, 64);
    EXPECT_THAT(terminal.said, HasSubstr("--verify reads all that is in DEST"));
  }
  std::ofstream(stick / "head.dsse") << "x";
  EXPECT_EQ(bundle({"--verify"}).exit, 6);
  EXPECT_EQ(bundle().exit, 0) << "its own, which a power cut has damaged";
  fs::create_directories(folder / "notes");
  std::ofstream(folder / "notes/head.dsse") << "my notes";
  EXPECT_EQ(at("gold", {"bundle", (folder / "notes").string()}).exit, 7);
  EXPECT_EQ(read(folder / "notes/head.dsse"), "my notes");
}

TEST_F(Bundle, names_each_image_that_shares_a_damaged_file) {
  write("gold/same", "bytes of a");
  manifest("gold", images("PUBLISHED") + "[[image]]\nname = \"same\"\nsource = \"same\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  ASSERT_EQ(bundle().exit, 0) << terminal.said;
  const auto damage = [&](const fs::path& tree) {
    for (const auto& entry : fs::recursive_directory_iterator(tree / "b")) {
      if (!entry.is_regular_file() || read(entry.path()).find("bytes of a") == std::string::npos) continue;
      const std::string other(fs::file_size(entry.path()), 'x');
      std::ofstream(entry.path(), std::ios::binary) << other;
    }
  };
  damage(stick);
  const Ran text = bundle({"--verify"});
  EXPECT_EQ(text.exit, 6);
  EXPECT_THAT(text.out, AllOf(HasSubstr("1 damaged"), HasSubstr("(a, same)")));
  const Ran json = bundle({"--verify", "--json"});
  testing_support::expect_valid_json("bundlecheck", json.out);
  std::vector<std::string> named;
  const Json printed = Json::parse(json.out);
  for (const auto& one : printed.at("damaged")) named.push_back(one.at("image"));
  EXPECT_EQ(named, (std::vector<std::string>{"a", "same"}));
  fs::remove_all(stick);
  damage(folder / "gold/store/public");
  EXPECT_EQ(bundle().exit, 6);
  EXPECT_THAT(terminal.printed, AllOf(HasSubstr("damaged here: a\n"), HasSubstr("damaged here: same\n")));
}

TEST_F(Bundle, a_file_that_cannot_be_read_is_listed_and_the_others_are_checked) {
  ASSERT_EQ(bundle().exit, 0) << terminal.said;
  const auto files = objects();
  const std::string other(fs::file_size(files.at(1)), 'x');
  std::ofstream(files.at(1), std::ios::binary) << other;
  fs::permissions(files.at(0), fs::perms::none);
  constexpr uid_t nobody = 65534;
  if (::geteuid() == 0) {  // who reads everything
    ASSERT_EQ(::lchown(folder.c_str(), nobody, nobody), 0);
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      ASSERT_EQ(::lchown(entry.path().c_str(), nobody, nobody), 0);
  }
  const std::string printed = testing_support::in_child([&]() -> std::string {
    if (::geteuid() == 0 && !testing_support::become_nobody()) return "skip";
    const Ran ran = bundle({"--verify", "--json"});
    return std::to_string(ran.exit) + " " + ran.out;
  });
  ASSERT_EQ(printed.substr(0, 2), "6 ") << printed;
  testing_support::expect_valid_json("bundlecheck", printed.substr(2));
  const Json check = Json::parse(printed.substr(2));
  EXPECT_EQ(check.at("files"), 3);
  std::map<std::string, bool> unreadable;
  for (const auto& one : check.at("damaged")) unreadable[one.at("path")] = one.at("unreadable").is_string();
  EXPECT_EQ(unreadable, (std::map<std::string, bool>{{files.at(0).lexically_relative(stick).string(), true},
                                                     {files.at(1).lexically_relative(stick).string(), false}}));
}

/// A new root may have revoked the keys of the one before.
TEST_F(Bundle, counts_only_what_the_newest_root_allows) {
  const fs::path old = folder / "old", open = folder / "gold/store/public";
  fs::copy(open, old, fs::copy_options::recursive);
  ASSERT_EQ(at("gold", {"publish"}).exit, 0) << terminal.said;
  ASSERT_EQ(at("gold", {"key", "make", (folder / "gold/keys/catalog-2.pem").string()}).exit, 0) << terminal.said;
  ASSERT_EQ(at("gold", {"key", "revoke", (folder / "gold/keys/catalog.pem").string(), "--add-catalog",
                        (folder / "gold/keys/catalog-2.pem").string(), "--yes"})
                .exit,
            0)
      << terminal.said;
  ASSERT_EQ(bundle().exit, 0) << terminal.said;
  EXPECT_EQ(bundle({"--verify"}).exit, 0) << terminal.said;
  // A head of the revoked key, with a higher serial or not, is nobody's any more.
  fs::copy(old / "c", stick / "c", fs::copy_options::skip_existing);
  fs::copy_file(old / "head.dsse", stick / "head.dsse", fs::copy_options::overwrite_existing);
  EXPECT_EQ(bundle({"--verify"}).exit, 6);
  EXPECT_EQ(bundle().exit, 0) << terminal.said;
  EXPECT_EQ(bundle({"--verify"}).exit, 0) << terminal.said;
  fs::remove(stick / "root/2.dsse");
  const Ran lacking = bundle({"--verify"});
  EXPECT_EQ(lacking.exit, 6);
  EXPECT_THAT(lacking.err, HasSubstr("root/2.dsse is missing"));
  fs::copy_file(old / "head.dsse", open / "head.dsse", fs::copy_options::overwrite_existing);
  EXPECT_EQ(at("gold", {"bundle", (folder / "other").string()}).exit, 6) << "nor is it spread";
}

TEST_F(Bundle, names_own_bytes_that_are_missing_or_damaged_and_writes_the_rest) {
  const auto file_of = [&](const std::string& name) {
    for (const auto& entry : fs::recursive_directory_iterator(folder / "gold/store/public/b")) {
      if (entry.is_regular_file() && read(entry.path()).find("bytes of " + name) != std::string::npos) return entry.path();
    }
    return fs::path();
  };
  fs::remove(file_of("a"));
  std::string damaged = read(file_of("b"));
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  write(file_of("b").lexically_relative(folder), damaged);
  const Ran ran = bundle({"--json"});
  EXPECT_EQ(ran.exit, 6);
  testing_support::expect_valid_json("bundle", ran.out);
  std::map<std::string, std::string> found;
  const Json printed = Json::parse(ran.out);
  for (const auto& image : printed.at("images")) found[image.at("name")] = image.at("status");
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"a", "not-here"}, {"b", "damaged"}, {"c", "added"}}));
  EXPECT_THAT(ran.err, AllOf(HasSubstr("the bytes of \"a\" are missing"), HasSubstr("the bytes of \"b\" are damaged")));
  EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  EXPECT_EQ(at_silver(), (std::vector<std::string>{"c"}));
}

TEST_F(Bundle, leaves_another_servers_bundle_and_a_newer_one_alone) {
  ASSERT_EQ(at("silver", {"bundle", (folder / "other").string()}).exit, 0) << terminal.said;
  const std::string before = read(folder / "other/head.dsse");
  const Ran other = at("gold", {"bundle", (folder / "other").string()});
  EXPECT_EQ(other.exit, 7);
  EXPECT_THAT(other.err, AllOf(HasSubstr("another server"), HasSubstr("\"silver\"")));
  EXPECT_EQ(read(folder / "other/head.dsse"), before);
  ASSERT_EQ(bundle().exit, 0);
  const std::string old = read(folder / "gold/store/public/head.dsse");
  ASSERT_EQ(at("gold", {"publish"}).exit, 0) << terminal.said;
  ASSERT_EQ(bundle().exit, 0) << terminal.said;
  const std::string newer = read(stick / "head.dsse");
  EXPECT_NE(newer, old);
}

TEST_F(Bundle, an_older_catalog_replaces_no_newer_one) {
  fs::copy(folder / "gold", folder / "restored", fs::copy_options::recursive);
  manifest("restored", images("PUBLISHED"));
  std::string text = read(folder / "restored/ingot.toml");
  text.replace(text.find("name = \"restored\""), 17, "name = \"gold\"");
  write("restored/ingot.toml", text);
  ASSERT_EQ(at("gold", {"publish"}).exit, 0) << terminal.said;
  ASSERT_EQ(bundle().exit, 0) << terminal.said;
  const std::string newer = read(stick / "head.dsse");
  const Ran older = at("restored", {"bundle", stick.string()});
  EXPECT_EQ(older.exit, 7);
  EXPECT_THAT(older.err, HasSubstr("newer than serial"));
  EXPECT_EQ(read(stick / "head.dsse"), newer);
}

TEST_F(Bundle, a_published_head_that_was_put_back_is_not_spread) {
  const fs::path head = folder / "gold/store/public/head.dsse";
  const std::string old = read(head);
  ASSERT_EQ(at("gold", {"publish"}).exit, 0) << terminal.said;
  std::ofstream(head, std::ios::binary) << old;
  const Ran ran = bundle();
  EXPECT_EQ(ran.exit, 6);
  EXPECT_THAT(ran.err, HasSubstr("was published last"));
  EXPECT_FALSE(fs::exists(stick / "head.dsse"));
}

TEST_F(Bundle, refuses_places_that_are_no_other_disk) {
  EXPECT_EQ(at("gold", {"bundle", (folder / "gold/store/public").string()}).exit, 64);
  EXPECT_EQ(at("gold", {"bundle", (folder / "gold/store/usb").string()}).exit, 64);
  EXPECT_EQ(at("gold", {"bundle", (folder / "not/mounted").string()}).exit, 64);
  EXPECT_FALSE(fs::exists(folder / "not"));
  EXPECT_EQ(at("gold", {"bundle", ""}).exit, 64);
  EXPECT_EQ(at("gold", {"bundle", (folder / "gold").string()}).exit, 64) << "the store is below it";
  fs::create_symlink("loop", folder / "loop");
  EXPECT_EQ(at("gold", {"bundle", (folder / "loop/usb").string()}).exit, 64);
  EXPECT_THAT(terminal.said, HasSubstr("cannot look at"));
  EXPECT_EQ(bundle({"--since", "99"}).exit, 64);
  fs::create_directories(folder / "elsewhere");
  fs::create_directories(stick);
  fs::create_directory_symlink(folder / "elsewhere", stick / "b");
  EXPECT_EQ(bundle().exit, 6) << "through no link";
  EXPECT_TRUE(fs::is_empty(folder / "elsewhere"));
}

TEST_F(Bundle, says_that_copies_are_not_offered) {
  ASSERT_EQ(bundle().exit, 0);
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said;
  const std::string other = folder / "other";
  const Ran all = at("silver", {"bundle", other});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("0 images added"), HasSubstr("a copy, not offered: a\n")));
  const Ran json = at("silver", {"bundle", other, "--json"});
  testing_support::expect_valid_json("bundle", json.out);
  EXPECT_EQ(Json::parse(json.out).at("images").at(0).at("status"), "not-offered");
  const Ran one = at("silver", {"bundle", other, "a"});
  EXPECT_EQ(one.exit, 3);
  EXPECT_THAT(one.err, HasSubstr("\"a\" is a copy, which this catalog does not offer; see --peer"));
}

TEST_F(Bundle, of_a_peer_has_its_own_signed_catalog_and_what_is_here_of_it) {
  ASSERT_EQ(bundle({"a"}).exit, 0) << terminal.said;
  ASSERT_EQ(at("silver", {"apply", "--yes"}).exit, 0) << terminal.said << terminal.printed;
  const Ran ran = at("silver", {"bundle", (folder / "second").string(), "--peer", "gold", "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  std::map<std::string, std::string> found;
  const Json printed = Json::parse(ran.out);
  for (const auto& image : printed.at("images")) found[image.at("name")] = image.at("status");
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"a", "added"}, {"b", "not-here"}, {"c", "not-here"}}));
  EXPECT_EQ(read(folder / "second/head.dsse"), read(stick / "head.dsse"));
  EXPECT_EQ(at("silver", {"bundle", (folder / "second").string(), "--peer", "gold", "b"}).exit, 3);
  EXPECT_EQ(at("silver", {"bundle", (folder / "third").string(), "--peer", "golt"}).exit, 64);
  EXPECT_EQ(at("silver", {"bundle", (folder / "second").string(), "--peer", "gold", "--verify"}).exit, 0) << terminal.said;
}

/// What `require_room` says of one file of this length; "": it fits.
std::string refusal(std::uint64_t length, const std::optional<io::FileLimit>& limit, std::uint64_t available) {
  command::Bundle bundle;
  bundle.missing = {
      {.images = {"huge"}, .piece = {*Digest::parse_hex(std::string(64, '1')), length}, .path = "b/1", .from = "b/1"}};
  bundle.needed = length;
  try {
    command::require_room(bundle, "stick", limit, available);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    return error.what();
  }
}

TEST(bundle_room, fat_takes_no_file_of_4_gib) {
  constexpr std::uint64_t four_gib = 0x1'0000'0000;
  const io::FileLimit fat{"FAT", four_gib - 1};
  EXPECT_THAT(refusal(four_gib, fat, 2 * four_gib), AllOf(HasSubstr("FAT"), HasSubstr("huge"), HasSubstr("4 GiB")));
  EXPECT_EQ(refusal(four_gib - 1, fat, 2 * four_gib), "");
  EXPECT_EQ(refusal(four_gib, std::nullopt, 2 * four_gib), "") << "exFAT, ext4";
  EXPECT_THAT(refusal(four_gib, std::nullopt, four_gib - 1), HasSubstr("free"));
}

}  // namespace
}  // namespace ingot::bundle_test
