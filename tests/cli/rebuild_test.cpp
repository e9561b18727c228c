// A state that is lost, damaged, old or another's (G1-G6): it is noticed, nothing is done on its word, and
// "ingot state rebuild" makes it anew of the store without removing anything or going back before what peers have seen.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "schema/parse_catalog.hpp"
#include "schema/root.hpp"
#include "schema/write_catalog.hpp"
#include "tests/cli/check_json.hpp"
#include "tests/cli/commands_fixture.hpp"

namespace ingot::rebuild_test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::Commands;

namespace fs = std::filesystem;

struct Rebuild : Commands {
  /// "gold" with images, a series, a type of its own, a private image, a tombstone; "silver" copies from it and has its own;
  /// "iron" copies from silver.
  void three_servers() {
    for (const char* server : {"gold", "silver", "iron"}) make(server);
    for (const char* name : {"a", "b", "gone", "hidden", "own"}) write(std::string("gold/") + name + ".bin", std::string("bytes of ") + name);
    write("silver/own.bin", "bytes of silver's own");
    write("silver/hidden.bin", "bytes of silver's hidden");
    gold(true);
    gold(false);
    manifest("silver", silver_entries());
    apply("silver");
    manifest("iron", peer("silver") + "[[subscription]]\npeer = \"silver\"\nall = true\nsince = \"start\"\n");
    apply("iron");
  }
  std::string peer(const std::string& name) const {
    return "[[peer]]\nname = \"" + name + "\"\ncard = \"" + (folder / name / "server.card.toml").string() + "\"\n";
  }
  static std::string image(const std::string& name, const std::string& more = "") { return "[[image]]\nname = \"" + name + "\"\nsource = \"" + name + ".bin\"\n" + more; }
  void gold(bool with_gone) {
    manifest("gold", std::string(with_gone ? image("gone") : "") + image("a", "version = \"1\"\ntype = \"T\"\n") + image("b", "parent = \"a\"\nlabels = { team = \"dba\" }\n") +
                         "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n");
    apply("gold");
  }
  std::string silver_entries() const {
    return peer("gold") + "[[subscription]]\npeer = \"gold\"\nall = true\nsince = \"start\"\n" + image("own", "version = \"7\"\n") +
           image("hidden", "private = true\nprotect = true\nparent = \"own\"\ndescription = \"a secret\"\n") + "[[series]]\nname = \"s\"\nimages = [\"own\", \"a\"]\n";
  }
  Ran apply(const std::string& server, int exit = 0) {
    const Ran ran = at(server, {"apply", "--yes", "--allow-empty"});
    EXPECT_EQ(ran.exit, exit) << ran.err << ran.out;
    return ran;
  }
  json asked(const std::string& server, std::vector<std::string> words) {
    words.emplace_back("--json");
    return json::parse(at(server, words).out);
  }
  /// What must survive of the images: all but what only a manifest gives.
  json images(const std::string& server) {
    json list = asked(server, {"query", "images"}).at("images");
    for (json& one : list) one.erase("managed");
    return list;
  }
  fs::path state(const std::string& server) const { return folder / server / "state/ingot.db"; }
  void lose_state(const std::string& server) const {
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(state(server).string() + ending);
  }
  json rebuilt(const std::string& server, int exit = 0) {
    const Ran ran = at(server, {"state", "rebuild", "--json"});
    EXPECT_EQ(ran.exit, exit) << ran.err;
    testing_support::expect_valid_json("rebuilt", ran.out);
    return json::parse(ran.out);
  }
  std::uint64_t serial(const std::string& server) { return asked(server, {"status"}).at("published").at("serial"); }
  /// Removals of the next plan.
  std::vector<std::string> removals(const std::string& server) {
    std::vector<std::string> found;
    const json plan = asked(server, {"plan"});  // a loop over a part of a temporary would outlive it
    for (const json& action : plan.at("actions")) {
      const std::string verb = action.at("verb");
      if (verb == "delete" || verb == "remove" || verb == "uninstantiate" || verb == "unregister") found.push_back(action.at("address"));
    }
    return found;
  }
  fs::path head(const std::string& server) const { return folder / server / "store/public/head.dsse"; }
  /// As a backup of the state file alone is put back: nothing else is beside it.
  void put_back(const fs::path& backup, const std::string& server) const {
    fs::remove_all(folder / server / "state");
    fs::create_directory(folder / server / "state");
    fs::copy(backup / "ingot.db", state(server));
  }
  /// Everything that the published head of a server names is gone.
  void lose_index(const std::string& server) const {
    const auto payload = std::get<Envelope>(parse_envelope(read(head(server)))).payload;
    const Head shown = std::get<Head>(parse_head(payload));
    fs::remove(folder / server / "store/public/c" / shown.index.digest.hex());
  }
  /// Some public bytes of gold.
  fs::path packed_file() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder / "gold/store/public/b")) {
      if (entry.is_regular_file() && read(entry.path()).find("bytes of gone") == std::string::npos) return entry.path();
    }
    return {};
  }
  std::map<std::string, std::string> objects(const std::string& server) const {
    std::map<std::string, std::string> found;
    for (const char* place : {"public/b", "private/b", "papers"}) {
      for (const auto& entry : fs::recursive_directory_iterator(folder / server / "store" / place)) {
        if (entry.is_regular_file()) found[entry.path()] = read(entry.path());
      }
    }
    return found;
  }
};

TEST_F(Rebuild, G4_a_lost_state_is_refused_by_name_and_made_anew_of_the_store) {
  three_servers();
  const json before = images("silver");
  const json series = asked("silver", {"query", "series"});
  const auto bytes = objects("silver");
  const std::uint64_t last = serial("silver");
  lose_state("silver");
  for (const char* command : {"plan", "apply", "publish", "gc", "status", "query"}) {
    std::vector<std::string> words{command};
    if (std::string(command) == "apply") words.emplace_back("--yes");
    if (std::string(command) == "query") words.emplace_back("images");
    const Ran ran = at("silver", words);
    EXPECT_EQ(ran.exit, 6) << command;
    EXPECT_THAT(ran.err, HasSubstr("ingot state rebuild")) << command;
    EXPECT_FALSE(fs::exists(state("silver"))) << command;
  }
  const json told = rebuilt("silver");
  EXPECT_EQ(told.at("own"), 2);
  EXPECT_EQ(told.at("copies"), 2);
  EXPECT_EQ(told.at("floors"), 1);
  EXPECT_EQ(told.at("by_papers_alone"), json::array({"hidden"}));
  EXPECT_EQ(told.at("serial"), last);
  EXPECT_EQ(objects("silver"), bytes) << "nothing is removed, nothing fetched";
  EXPECT_EQ(images("silver"), before);
  EXPECT_EQ(asked("silver", {"query", "series"}).at("series").at(0).at("images"), series.at("series").at(0).at("images"));
  EXPECT_THAT(removals("silver"), IsEmpty());
  apply("silver");
  EXPECT_GT(serial("silver"), last);
  EXPECT_EQ(at("silver", {"plan", "--detailed-exitcode"}).exit, 0) << terminal.printed;
  json after = images("silver");
  EXPECT_EQ(after, before);
  EXPECT_EQ(at("iron", {"plan"}).exit, 0) << "a peer follows without a doubt" << terminal.printed << terminal.said;
  EXPECT_EQ(at("silver", {"verify"}).exit, 0) << terminal.printed;
}

TEST_F(Rebuild, G4_tombstones_types_and_lineage_of_an_origin_are_taken_up) {
  three_servers();
  const json catalog = asked("silver", {"query", "images", "--peer", "gold"});
  lose_state("gold");
  const json told = rebuilt("gold");
  EXPECT_EQ(told.at("own"), 2);
  EXPECT_EQ(told.at("deleted"), 1);
  apply("gold");
  EXPECT_EQ(asked("silver", {"query", "images", "--peer", "gold"}).at("images"), catalog.at("images")) << "the same images under the same serials";
  EXPECT_EQ(at("silver", {"plan", "--detailed-exitcode"}).exit, 0) << terminal.printed << terminal.said;
  EXPECT_THAT(removals("gold"), IsEmpty());
}

TEST_F(Rebuild, G4_what_a_manifest_dropped_while_the_state_was_lost_is_not_deleted) {
  three_servers();
  lose_state("silver");
  manifest("silver", "");
  rebuilt("silver");
  apply("silver");
  EXPECT_EQ(images("silver").size(), 4U);
  EXPECT_THAT(removals("silver"), IsEmpty());
}

TEST_F(Rebuild, G4_a_copy_that_is_here_is_not_fetched_again_and_a_floor_holds) {
  three_servers();
  const fs::path old_gold = folder / "old-gold";
  fs::copy(folder / "gold/store/public", old_gold, fs::copy_options::recursive);
  manifest("gold", image("a", "version = \"2\"\ntype = \"T\"\n") + image("b", "parent = \"a\"\nlabels = { team = \"dba\" }\n") + "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n");
  apply("gold");
  apply("silver");
  lose_state("silver");
  rebuilt("silver");
  const json plan = asked("silver", {"plan"});
  for (const json& action : plan.at("actions")) EXPECT_NE(action.at("verb"), "copy");
  fs::remove_all(folder / "gold/store/public");
  fs::copy(old_gold, folder / "gold/store/public", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"plan"}).exit, 4) << terminal.printed;
  EXPECT_THAT(terminal.printed, HasSubstr("rollback"));
}

TEST_F(Rebuild, G5_an_old_state_is_noticed_and_gone_forward_from) {
  three_servers();
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  write("silver/late.bin", "bytes of late");
  write("silver/secret.bin", "bytes of secret");
  manifest("silver", silver_entries() + image("late") + image("secret", "private = true\n"));
  apply("silver");
  const json before = images("silver");
  const std::uint64_t last = serial("silver");
  fs::remove_all(folder / "silver/state");
  fs::copy(folder / "backup", folder / "silver/state", fs::copy_options::recursive);
  const Ran refused = at("silver", {"apply", "--yes"});
  EXPECT_EQ(refused.exit, 6);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("older than what is published"), HasSubstr("ingot state rebuild")));
  const json told = rebuilt("silver");
  EXPECT_TRUE(told.at("kept_peers"));
  EXPECT_TRUE(fs::exists(told.at("set_aside").get<std::string>()));
  EXPECT_EQ(images("silver"), before);
  EXPECT_THAT(removals("silver"), IsEmpty());
  EXPECT_EQ(asked("silver", {"query", "subscriptions"}).at("subscriptions").size(), 1U) << "with the baseline that it had";
  apply("silver");
  EXPECT_GT(serial("silver"), last);
  EXPECT_EQ(at("iron", {"plan"}).exit, 0) << terminal.printed << terminal.said;
}

TEST_F(Rebuild, R26_guards_hold_as_before_when_a_state_was_made_anew_or_put_back) {
  three_servers();
  const std::string more = image("c") + image("d") + image("e");
  for (const char* name : {"c", "d", "e"}) write(std::string("silver/") + name + ".bin", std::string("bytes of ") + name);
  manifest("silver", silver_entries() + more);
  apply("silver");
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  const auto expect_held = [&](const std::string& when) {
    manifest("silver", silver_entries());
    const Ran held = at("silver", {"apply", "--yes"});
    EXPECT_EQ(held.exit, 7) << when << held.err << held.out;
    EXPECT_THAT(held.out, AllOf(HasSubstr("none is removed"), HasSubstr("removals   3, limit 1 (5 and 10 %) (default)"))) << when;
    EXPECT_EQ(images("silver").size(), 7U) << when;
    manifest("silver", "");
    EXPECT_EQ(at("silver", {"apply", "--yes"}).exit, 7) << when << ": an emptied manifest is refused whole";
    EXPECT_EQ(images("silver").size(), 7U) << when;
    manifest("silver", silver_entries() + more);
  };
  expect_held("before");
  lose_state("silver");
  rebuilt("silver");
  apply("silver");  // the manifest manages them again
  expect_held("after a rebuilding");
  fs::remove_all(folder / "silver/state");
  fs::copy(folder / "backup", folder / "silver/state", fs::copy_options::recursive);
  rebuilt("silver");
  manifest("silver", silver_entries());
  EXPECT_THAT(removals("silver"), IsEmpty()) << "nothing that was adopted is managed";
  manifest("silver", silver_entries() + more);
  apply("silver");
  expect_held("after a backup was put back");
  EXPECT_EQ(at("silver", {"apply", "--yes", "--raise-limit", "removals=3"}).exit, 0) << terminal.printed;
}

TEST_F(Rebuild, G5_a_state_without_the_newest_papers_is_old_though_the_head_is_the_same) {
  three_servers();
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  write("silver/secret.bin", "bytes of secret");
  manifest("silver", silver_entries() + image("secret", "private = true\n"));
  apply("silver");
  fs::remove_all(folder / "silver/state");
  fs::copy(folder / "backup", folder / "silver/state", fs::copy_options::recursive);
  const auto bytes = objects("silver");
  apply("silver", 6);  // it would give the number of those papers again
  EXPECT_EQ(at("silver", {"publish"}).exit, 6);
  EXPECT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 6);
  EXPECT_THAT(terminal.said, HasSubstr("ingot state rebuild"));
  EXPECT_EQ(objects("silver"), bytes);
  EXPECT_EQ(rebuilt("silver").at("by_papers_alone").size(), 2U);
}

TEST_F(Rebuild, G5_an_old_state_is_noticed_by_the_kept_heads_when_the_published_one_is_gone) {
  three_servers();
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"publish"}).exit, 0);
  const std::uint64_t last = serial("silver");
  put_back(folder / "backup", "silver");
  for (const bool gone : {false, true}) {
    if (gone) fs::remove(head("silver"));
    else write("silver/store/public/head.dsse", "rot");
    for (const auto& words : std::vector<std::vector<std::string>>{{"apply", "--yes"}, {"publish"}}) {
      EXPECT_EQ(at("silver", words).exit, 6) << words.front();
      EXPECT_THAT(terminal.said, HasSubstr("older than what is published")) << words.front();
    }
  }
  EXPECT_FALSE(fs::exists(head("silver"))) << "no serial is given twice";
  rebuilt("silver");
  apply("silver");
  EXPECT_GT(serial("silver"), last);
}

TEST_F(Rebuild, G5_a_floor_that_only_the_old_state_holds_is_taken_up) {
  three_servers();
  const fs::path old_gold = folder / "old-gold";
  fs::copy(folder / "gold/store/public", old_gold, fs::copy_options::recursive);
  const std::string entries = image("a", "version = \"2\"\ntype = \"T\"\n") + image("b", "parent = \"a\"\n") + "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n";
  manifest("gold", entries);
  apply("gold");
  apply("silver");
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  write("silver/late.bin", "bytes of late");
  manifest("silver", silver_entries() + image("late"));
  apply("silver");
  put_back(folder / "backup", "silver");
  EXPECT_EQ(rebuilt("silver").at("floors"), 1);
  fs::remove_all(folder / "gold/store/public");
  fs::copy(old_gold, folder / "gold/store/public", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"plan"}).exit, 4) << terminal.printed;
  EXPECT_THAT(terminal.printed, HasSubstr("rollback"));
}

TEST_F(Rebuild, G4_a_head_that_no_key_of_this_server_signed_is_not_adopted) {
  three_servers();
  const std::uint64_t last = serial("gold");
  Envelope planted = std::get<Envelope>(parse_envelope(read(head("gold"))));
  Head forged = std::get<Head>(parse_head(planted.payload));
  forged.serial += 1000;
  planted.payload = write_head(forged);
  write("gold/store/public/head.dsse", write_envelope(planted));
  lose_state("gold");
  EXPECT_EQ(rebuilt("gold").at("serial"), last);
}

TEST_F(Rebuild, G4_the_serial_of_a_head_whose_pages_are_gone_is_not_given_again) {
  three_servers();
  write("gold/late.bin", "bytes of late");
  const std::string entries = image("a", "version = \"1\"\ntype = \"T\"\n") + image("b", "parent = \"a\"\nlabels = { team = \"dba\" }\n") +
                              "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n" + image("late");
  manifest("gold", entries);
  apply("gold");
  const std::uint64_t last = serial("gold");
  lose_index("gold");
  std::vector<fs::path> kept(fs::directory_iterator(folder / "gold/store/heads"), fs::directory_iterator());
  fs::remove(*std::max_element(kept.begin(), kept.end()));
  lose_state("gold");
  EXPECT_EQ(rebuilt("gold").at("serial"), last);
  apply("gold");
  EXPECT_GT(serial("gold"), last);
}

TEST_F(Rebuild, R15_an_image_that_no_head_has_shown_stays_private_unless_the_manifest_shows_it) {
  three_servers();
  for (const char* name : {"late", "dropped", "open"}) write(std::string("silver/") + name + ".bin", std::string("bytes of ") + name);
  const std::string hide = "private = true\n";
  manifest("silver", silver_entries() + image("late", hide) + image("dropped", hide) + image("open", hide));
  apply("silver");
  // As if they had come public, by a run that ended before its head, and had been made private later.
  for (const auto& entry : fs::recursive_directory_iterator(folder / "silver/store/papers")) {
    std::string text = entry.is_regular_file() ? read(entry.path()) : "";
    const auto place = text.find("\"private\":true");
    if (place == std::string::npos || text.find("\"hidden\"") != std::string::npos) continue;
    std::ofstream(entry.path(), std::ios::binary) << text.replace(place, 14, "\"private\":false");
  }
  manifest("silver", silver_entries() + image("late", hide) + image("open"));
  lose_state("silver");
  EXPECT_EQ(rebuilt("silver").at("by_papers_alone").size(), 4U);
  apply("silver");
  std::vector<std::string> shown;
  apply("iron");  // copies all that silver shows
  for (const json& one : images("iron")) shown.push_back(one.at("name"));
  EXPECT_THAT(shown, AllOf(testing::Contains("open"), Not(testing::Contains("late")), Not(testing::Contains("dropped"))));
}

TEST_F(Rebuild, G5_a_copy_that_the_old_state_knows_as_removed_does_not_come_back) {
  three_servers();
  const std::string entries = silver_entries() + "[[copy]]\npeer = \"gold\"\nname = \"b\"\nkeep = false\n";
  manifest("silver", entries);
  apply("silver");
  EXPECT_EQ(images("silver").size(), 3U) << "the copy of b is removed";
  fs::copy(folder / "silver/state", folder / "backup", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"publish"}).exit, 0);
  put_back(folder / "backup", "silver");
  EXPECT_EQ(rebuilt("silver").at("by_papers_alone"), json::array({"hidden"}));
  EXPECT_EQ(images("silver").size(), 3U);
}

TEST_F(Rebuild, a_private_image_whose_bytes_are_not_whole_is_adopted_and_told) {
  three_servers();
  for (const auto& entry : fs::recursive_directory_iterator(folder / "silver/store/private/b")) {
    if (entry.is_regular_file()) fs::resize_file(entry.path(), 3);
  }
  lose_state("silver");
  const json told = rebuilt("silver", 6);
  EXPECT_EQ(told.at("by_papers_alone"), json::array({"hidden"}));
  EXPECT_THAT(told.at("damaged").dump(), HasSubstr("\"hidden\""));
}

TEST_F(Rebuild, K1_a_rebuild_that_was_cut_off_with_the_old_state_moved_away_goes_on_from_that) {
  three_servers();
  const std::string db = state("silver").string();
  fs::copy(db, folder / "old.db");
  write("silver/late.bin", "bytes of late");
  manifest("silver", silver_entries() + image("late"));
  apply("silver");
  for (const bool with_its_log : {false, true}) {
    lose_state("silver");
    fs::copy(folder / "old.db", db + ".old");
    std::ofstream(db + (with_its_log ? ".old-wal" : "-wal")).close();
    write("silver/state/ingot.db.new", "half made");
    const json told = rebuilt("silver");
    EXPECT_TRUE(told.at("kept_peers")) << with_its_log;
    EXPECT_EQ(read(told.at("set_aside").get<std::string>()).size(), read(folder / "old.db").size());
    for (const char* ending : {".new", ".old", ".old-wal"}) EXPECT_FALSE(fs::exists(db + ending)) << ending;
    EXPECT_THAT(at("silver", {"query", "history"}).out, HasSubstr("state rebuild"));
  }
}

TEST_F(Rebuild, gc_goes_on_when_an_apply_had_nothing_left_to_do_though_an_image_is_damaged) {
  three_servers();
  write("gold/store/" + fs::relative(packed_file(), folder / "gold/store").string(), "rot");
  lose_state("gold");
  rebuilt("gold", 6);
  fs::remove(folder / "gold/a.bin");
  fs::remove(folder / "gold/b.bin");
  manifest("gold", "");
  apply("gold", 6);
  EXPECT_EQ(at("gold", {"gc"}).exit, 0) << terminal.said;
}

TEST_F(Rebuild, gc_takes_nothing_until_an_apply_has_gone_through) {
  three_servers();
  lose_state("silver");
  rebuilt("silver");
  EXPECT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 7);
  apply("silver");
  EXPECT_EQ(at("silver", {"gc", "--grace", "0"}).exit, 0) << terminal.said;
}

TEST_F(Rebuild, a_state_that_is_whole_is_left_as_it_is) {
  three_servers();
  const std::string before = read(state("silver"));
  const Ran ran = at("silver", {"state", "rebuild"});
  EXPECT_EQ(ran.exit, 7);
  EXPECT_THAT(ran.err, HasSubstr("needs no rebuilding"));
  EXPECT_EQ(read(state("silver")), before);
}

TEST_F(Rebuild, G2_a_state_of_a_newer_ingot_or_of_another_program_stays_untouched) {
  make("gold");
  const std::string good = read(state("gold"));
  for (const std::size_t place : {63U, 68U}) {  // user_version, application_id
    std::string bytes = good;
    bytes[place] = static_cast<char>(bytes[place] + 1);
    write("gold/state/ingot.db", bytes);
    for (const auto& words : std::vector<std::vector<std::string>>{{"apply", "--yes"}, {"plan"}, {"gc"}, {"state", "rebuild"}}) {
      EXPECT_EQ(at("gold", words).exit, 65) << words.front() << place << terminal.said;
    }
    EXPECT_EQ(read(state("gold")), bytes);
  }
}

TEST_F(Rebuild, G6_the_state_of_another_server_is_refused_and_stays) {
  make("gold");
  make("silver");
  fs::copy(state("silver"), state("gold"), fs::copy_options::overwrite_existing);
  const std::string bytes = read(state("gold"));
  for (const auto& words : std::vector<std::vector<std::string>>{{"apply", "--yes"}, {"plan"}, {"gc"}, {"state", "rebuild"}}) {
    EXPECT_EQ(at("gold", words).exit, 65) << words.front() << terminal.said;
  }
  EXPECT_EQ(read(state("gold")), bytes);
}

TEST_F(Rebuild, damaged_bytes_are_adopted_and_told) {
  three_servers();
  lose_state("gold");
  write("gold/store/" + fs::relative(packed_file(), folder / "gold/store").string(), "rot");
  const json told = rebuilt("gold", 6);
  EXPECT_EQ(told.at("own"), 2);
  EXPECT_EQ(told.at("damaged").size(), 1U);
}

TEST_F(Rebuild, without_a_catalog_or_a_root_it_refuses_rather_than_begin_anew) {
  three_servers();
  lose_state("gold");
  fs::remove(folder / "gold/store/public/head.dsse");
  EXPECT_EQ(rebuilt("gold").at("own"), 2) << "a head that was kept serves as well";
  lose_state("gold");
  fs::remove_all(folder / "gold/store/public/c");
  EXPECT_EQ(at("gold", {"state", "rebuild"}).exit, 6);
  EXPECT_THAT(terminal.said, HasSubstr("bring the store back"));
  fs::remove(folder / "gold/store/public/root/1.dsse");
  EXPECT_EQ(at("gold", {"state", "rebuild"}).exit, 6);
  EXPECT_FALSE(fs::exists(state("gold")));
}

TEST_F(Rebuild, G1_a_damaged_state_is_never_applied_and_never_made_anew_silently) {
  three_servers();
  write("silver/late.bin", "bytes of late");
  const json whole = images("silver");
  manifest("silver", silver_entries() + image("late"));
  fs::copy(folder / "silver", folder / "template", fs::copy_options::recursive);
  const std::string good = read(state("silver"));
  const std::string published = read(folder / "silver/store/public/head.dsse");
  const unsigned seeds = std::getenv("INGOT_FULL") != nullptr ? 1000 : 45;
  unsigned noticed = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random); };
    std::string bytes = good;
    const std::size_t page = pick(bytes.size() / 4096) * 4096;
    if (seed % 3 == 0) bytes.resize(pick(bytes.size()));
    if (seed % 3 == 1) std::generate_n(bytes.begin() + static_cast<std::ptrdiff_t>(page), 4096, [&] { return static_cast<char>(random()); });
    if (seed % 3 == 2) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page), 4096, '\0');
    lose_state("silver");
    write("silver/state/ingot.db", bytes);
    const int exit = at("silver", {"apply", "--yes"}).exit;
    if (exit == 0) {  // the page held nothing
      EXPECT_EQ(images("silver").size(), whole.size() + 1) << seed;
      fs::remove_all(folder / "silver");
      fs::copy(folder / "template", folder / "silver", fs::copy_options::recursive);
      continue;
    }
    ++noticed;
    EXPECT_TRUE(exit == 6 || exit == 65) << seed << " " << terminal.said;
    EXPECT_EQ(read(folder / "silver/store/public/head.dsse"), published) << seed << ": nothing was applied";
    if (exit == 65) EXPECT_THAT(terminal.said, HasSubstr("move it aside and run \"ingot state rebuild\"")) << seed;
    if (exit != 6 || seed % 4 != 0) continue;
    EXPECT_EQ(at("silver", {"state", "rebuild"}).exit, 0) << seed << terminal.said;
    EXPECT_EQ(images("silver"), whole) << seed;
  }
  std::cout << noticed << " of " << seeds << " damaged states noticed\n";
  EXPECT_GT(noticed, seeds / 2);
}

}  // namespace
}  // namespace ingot::rebuild_test
