// A state that is lost (G4): "ingot state rebuild" makes it anew of the store without removing anything or going back before what
// peers have seen.
#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "tests/command/rebuild_fixture.hpp"

namespace ingot::rebuild_test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::Rebuild;

namespace fs = std::filesystem;

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
  EXPECT_EQ(asked("silver", {"query", "images", "--peer", "gold"}).at("images"), catalog.at("images"))
      << "the same images under the same serials";
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
  manifest("gold", image("a", "version = \"2\"\ntype = \"T\"\n") + image("b", "parent = \"a\"\nlabels = { team = \"dba\" }\n") +
                       "[[imagetype]]\nname = \"T\"\nbase = \"LINUXOS\"\n");
  apply("gold");
  apply("silver");
  lose_state("silver");
  rebuilt("silver");
  const json plan = asked("silver", {"plan"});
  for (const json& action : plan.at("actions")) EXPECT_NE(action.at("verb"), "copy");
  fs::remove_all(folder / "gold/store/public");
  fs::copy(old_gold, folder / "gold/store/public", fs::copy_options::recursive);
  EXPECT_EQ(at("silver", {"plan"}).exit, 0) << terminal.printed;
  EXPECT_THAT(terminal.printed, HasSubstr("was seen before")) << "the older catalog is not used";
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
  const std::string entries = image("a", "version = \"1\"\ntype = \"T\"\n") +
                              image("b", "parent = \"a\"\nlabels = { team = \"dba\" }\n") +
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
  for (const char* name : {"late", "dropped", "open"})
    write(std::string("silver/") + name + ".bin", std::string("bytes of ") + name);
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
  EXPECT_THAT(terminal.said, HasSubstr("restore the store"));
  fs::remove(folder / "gold/store/public/root/1.dsse");
  EXPECT_EQ(at("gold", {"state", "rebuild"}).exit, 6);
  EXPECT_FALSE(fs::exists(state("gold")));
}

}  // namespace
}  // namespace ingot::rebuild_test
