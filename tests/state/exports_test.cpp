// What is remembered of exports: it must tell after a crash what ingot made.
#include <gtest/gtest.h>

#include "tests/state/state_fixture.hpp"

namespace ingot::exports_test {
namespace {

state::ExportedRow exported(const std::string& image) {
  return {.name = ExportName::of("home"),
          .folder = "/u01/gold",
          .image = ImageName::of(image),
          .digest = digest_of(image),
          .kind = ImageKind::tree,
          .top = "d 0755 0 1.000000000 0:0",
          .listing = digest_of("listing of " + image),
          .changes = {"log/**", "a\nb"},
          .owner = "oracle:oinstall",
          .mode = "0750",
          .mount = "/u01"};
}

class exports : public StateTest {};

TEST_F(exports, remembers_what_was_put_and_changes_it_by_its_key) {
  const auto before = state.generation();
  state::ExportedRow row = exported("db19_25");
  record({state::PutExported{exported("db19_26")}, state::PutExported{row}});
  EXPECT_EQ(state.snapshot().exported, (std::vector{row, exported("db19_26")}));
  EXPECT_GT(state.generation(), before) << "a plan looks at it";
  row.mode = "";
  record({state::PutExported{row}});
  EXPECT_EQ(state.snapshot().exported, (std::vector{row, exported("db19_26")}));
}

TEST_F(exports, forgets_what_was_dropped_and_nothing_else) {
  record({state::PutExported{exported("a")}, state::PutExported{exported("b")}});
  record({state::DropExported{.name = ExportName::of("home"), .folder = "/u01/gold", .image = ImageName::of("a")},
          state::DropExported{.name = ExportName::of("home"), .folder = "/u02", .image = ImageName::of("b")},
          state::DropExported{.name = ExportName::of("other"), .folder = "/u01/gold", .image = ImageName::of("b")}});
  EXPECT_EQ(state.snapshot().exported, std::vector{exported("b")});
}

TEST_F(exports, knows_the_link_of_each_folder) {
  state::ExportRow row{.name = ExportName::of("home"),
                       .folder = "/u01/gold",
                       .link = "current",
                       .linked = ImageName::of("a"),
                       .run_for = std::nullopt};
  record({state::PutExport{row}});
  EXPECT_EQ(state.snapshot().exports, std::vector{row});
  row.run_for = ImageName::of("a");
  record({state::PutExport{row}});
  EXPECT_EQ(state.snapshot().exports, std::vector{row});
  const state::DropExport other{.name = row.name, .folder = "/u02"};
  record({other});
  EXPECT_EQ(state.snapshot().exports, std::vector{row});
  record({state::DropExport{.name = row.name, .folder = row.folder}});
  EXPECT_TRUE(state.snapshot().exports.empty());
}

TEST_F(exports, are_found_by_their_key) {
  const state::ExportRow row{.name = ExportName::of("home"),
                             .folder = "/u01/gold",
                             .link = "current",
                             .linked = ImageName::of("a"),
                             .run_for = std::nullopt};
  record({state::PutExported{exported("a")}, state::PutExported{exported("b")}, state::PutExport{row}});
  EXPECT_EQ(state.exported(row.name, row.folder, ImageName::of("b")), exported("b"));
  EXPECT_EQ(state.exported(row.name, row.folder, ImageName::of("c")), std::nullopt);
  EXPECT_EQ(state.exported(row.name, "/u02", ImageName::of("b")), std::nullopt);
  EXPECT_EQ(state.export_in(row.name, row.folder), row);
  EXPECT_EQ(state.export_in(ExportName::of("other"), row.folder), std::nullopt);
}

TEST_F(exports, survive_a_rebuild_of_the_state) {
  const state::ExportRow row{
      .name = ExportName::of("home"), .folder = "/u01/gold", .link = "", .linked = std::nullopt, .run_for = std::nullopt};
  record({state::PutExported{exported("a")}, state::PutExport{row}});
  const state::Salvage salvage = state.salvage();
  EXPECT_EQ(salvage.exported, std::vector{exported("a")});
  const std::string path = folder / "anew.db";
  state::RunRecord rebuild;
  rebuild.start.id = "r";
  rebuild.start.command = "state rebuild";
  rebuild.finished = at(1);
  rebuild.exit_code = 0;
  state::State::restore(path,
                        {.lineage = lineage,
                         .self = self,
                         .name = ServerName::of("fpps-1"),
                         .exports = salvage.exports,
                         .exported = salvage.exported},
                        rebuild, [] {});
  const state::State anew = state::State::open(path, state::Access::read_only);
  EXPECT_EQ(anew.snapshot().exported, std::vector{exported("a")});
  EXPECT_EQ(anew.snapshot().exports, std::vector{row});
}

}  // namespace
}  // namespace ingot::exports_test
