// A server whose apply is disturbed in many ways: the same server again for each try, the changes that are applied, what of
// them is left after a disturbance, and the end that every way must come to.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reconciler/apply/group.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "tests/support/noise.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {

/// What must be the same after any fault and a rerun as without: everything but keys, serials and times.
inline std::vector<std::string> normalised(TestServer& server) {
  std::vector<std::string> lines;
  const state::Snapshot snapshot = server.state().snapshot();
  for (const state::ImageRow& row : snapshot.images) {
    lines.push_back("image " + row.name.text() + " " + row.digest.text() + (row.copy ? " copy" : "") +
                    (row.deleted ? " deleted" : "") + (row.is_private ? " private" : ""));
  }
  for (const state::SeriesRow& row : snapshot.series) {
    std::string line = "series " + row.name.text();
    for (const state::SeriesMemberRow& member : row.members) line += " " + member.name.text();
    lines.push_back(line);
  }
  lines.push_back("types " + std::to_string(snapshot.types.size()));
  for (const state::Registration& row : snapshot.registrations) lines.push_back("peer " + row.name.text() + " " + row.id.text());
  const PublishedTree tree = server.tree();
  for (const auto& [name, digest] : tree.images) lines.push_back("published " + name + " " + digest);
  for (const auto& [name, members] : tree.series)
    lines.push_back("published series " + name + " " + std::to_string(members.size()));
  for (const std::string& name : tree.offered) lines.push_back("offered " + name);
  for (const std::string& delta : tree.deltas) lines.push_back("offered delta: " + delta);
  for (const state::DeltaRow& row : snapshot.deltas)
    lines.push_back("delta " + row.image.text() + " from " + row.base.text() + (row.file ? " kept" : " not kept"));
  for (const std::string& name : tree.tombstones) lines.push_back("published tombstone " + name);
  for (const Digest& digest : server.store().left_out()) lines.push_back("left out " + digest.text());
  lines.push_back(server.state().content_pending(false) ? "pending" : "nothing pending");
  return lines;
}

class DisturbedApply : public testing::Test {
 protected:
  DisturbedApply() {
    oslo.apply({add(oslo, "theirs", "bytes of theirs"), add(oslo, "copy1", "bytes of 1"), add(oslo, "copy2", "bytes of 2"),
                add(oslo, "copy3", "bytes of 3"), add(oslo, "copy4", "bytes of 4"), publish_change()});
    TestServer server(folder.path(), "here");
    LocalImage hidden = local_image("hidden", server.source("hidden", "bytes of hidden"));
    hidden.is_private = true;
    LocalImage shy = local_image("shy", server.source("shy", "bytes of shy"));
    shy.is_private = true;
    server.apply({add(server, "back", noise(20'000)), add(hidden), add(shy), publish_change()});
    // The catalog leaves out "back", whose bytes are here again; those of "hidden" are gone.
    const std::string back = file_of(server, "back", "public");
    std::filesystem::rename(back, folder.path() + "/aside");
    server.apply({add(server, "old", "bytes of old"), publish_change()});
    std::filesystem::rename(folder.path() + "/aside", back);
    std::filesystem::remove(file_of(server, "hidden", "private"));
    server.source("mine", "bytes of mine" + noise(20'000));
    for (const char* const name : {"own1", "own2", "own3", "own4", "both"}) server.source(name, std::string("bytes of ") + name);
    server.close();
    std::filesystem::copy(folder.path() + "/here", folder.path() + "/template", std::filesystem::copy_options::recursive);
  }

  static std::string file_of(TestServer& server, const std::string& image, const std::string& place) {
    return server.folder() + "/store/" + place + "/" +
           transfer::object_path(server.state().object(server.image(image).digest)->packed.file.digest);
  }

  /// A server as the template has it.
  std::unique_ptr<TestServer> fresh() {
    std::filesystem::remove_all(folder.path() + "/here");
    std::filesystem::copy(folder.path() + "/template", folder.path() + "/here", std::filesystem::copy_options::recursive);
    if (bytes_are_gone_) std::filesystem::remove(folder.path() + "/here/store/LEFT_OUT");
    auto server = std::make_unique<TestServer>(folder.path(), "here");
    server->know(oslo);
    server->parallel = parallel_;
    server->manifest.server.deltas = DeltaRules{.size = 0};
    return server;
  }

  std::vector<plan::Change> changes(TestServer& server) {
    if (many_) return many_changes(server);
    if (bytes_are_gone_) return {make_public(server, "hidden"), publish_change()};
    const state::ImageRow old = server.image("old");
    return {register_change(oslo),
            add(local_image("mine", server.folder() + "/sources/mine")),
            make_public(server, "shy"),
            delta_change(server),
            publish_change(),
            copy_change(oslo, "theirs", {"peer.oslo"}),
            series_change("s", {"mine", "theirs"}, {"copy.oslo.theirs", "image.mine"}),
            delete_change(old)};
  }

  /// Several that are recorded together: a registration and a series too, and bytes that are here or come twice, also first for
  /// a private image and then for a public one.
  std::vector<plan::Change> many_changes(TestServer& server) {
    std::vector<plan::Change> all{register_change(oslo)};
    // With four images behind them they fill a group, which ends in a thread of its own.
    for (std::size_t i = 0; fills_a_group_ && i + 5 < apply::Group::most_actions; ++i)
      all.push_back(create_type("TYPE" + std::to_string(i)));
    for (const char* const name : {"own1", "own2", "own3", "own4"})
      all.push_back(add(local_image(name, server.folder() + "/sources/" + name)));
    all.push_back(add(local_image("twice", server.folder() + "/sources/own1")));
    LocalImage shut = local_image("shut", server.folder() + "/sources/both");
    shut.is_private = true;
    all.push_back(add(shut));
    all.push_back(add(local_image("open", server.folder() + "/sources/both")));
    all.push_back(publish_change());
    for (const char* const name : {"copy1", "copy2", "copy3", "copy4"}) all.push_back(copy_change(oslo, name));
    all.push_back(series_change("s", {"own1", "copy1"}));
    all.push_back(delete_change(server.image("old")));
    return all;
  }

  static plan::Change make_public(TestServer& server, const char* name) {
    state::ImageRow row = server.image(name);
    row.is_private = false;
    return change_of(image_address(row.name), plan::UpdateImage{.row = row, .changes = {"private"}});
  }

  /// Of "mine" from "back". A plan knows the digest of an image that is here.
  static plan::Change delta_change(TestServer& server) {
    const std::vector<std::string> names = server.image_names();
    const bool is_here = std::find(names.begin(), names.end(), "mine") != names.end();
    const state::ImageRow back = server.image("back");
    return change_of(delta_address(ImageName::of("mine"), back.digest.hex().substr(0, 12)),
                     plan::MakeDelta{.image = ImageName::of("mine"),
                                     .image_digest = is_here ? std::optional(server.image("mine").digest) : std::nullopt,
                                     .base = back.name,
                                     .base_digest = back.digest},
                     is_here ? std::vector<std::string>() : std::vector<std::string>{"image.mine"});
  }

  /// What a planner would plan next, after any part of `changes` was done.
  std::vector<plan::Change> left_of(const std::vector<plan::Change>& changes, TestServer& server) {
    const state::Snapshot snapshot = server.state().snapshot();
    const std::vector<std::string> names = server.image_names();
    const auto here = [&names](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
    std::map<std::string, bool> done{{"peer.oslo", !snapshot.registrations.empty()},
                                     {"image.mine", here("mine")},
                                     {"catalog", false},
                                     {"copy.oslo.theirs", here("theirs")},
                                     {"series.s", !snapshot.series.empty() && snapshot.series[0].members.size() == 2},
                                     {"image.old", !here("old")},
                                     {"image.shy", !server.image("shy").is_private},
                                     {"image.hidden", !server.image("hidden").is_private},
                                     {"delta", !snapshot.deltas.empty()}};
    for (const state::TypeRow& type : snapshot.types) done.emplace(type_address(type.name).text, true);
    for (const plan::Change& change : changes) {
      if (std::holds_alternative<plan::CreateType>(change.action)) done.emplace(change.address.text, false);
    }
    for (const char* const name : {"own1", "own2", "own3", "own4", "twice", "shut", "open"})
      done.emplace(std::string("image.") + name, here(name));
    for (const char* const name : {"copy1", "copy2", "copy3", "copy4"})
      done.emplace(std::string("copy.oslo.") + name, here(name));
    std::vector<plan::Change> left;
    for (const plan::Change& change : changes) {
      const bool is_delta = change.verb == Verb::delta;
      if (!done.at(is_delta ? "delta" : change.address.text)) left.push_back(is_delta ? delta_change(server) : change);
    }
    return left;
  }

  /// What failed beside the plan, because bytes are gone.
  static bool is_of_gone_bytes(const apply::ActionResult& result) {
    return result.verb == Verb::publish && result.address != catalog_address();
  }

  /// The rest of `changes` on a disk without faults; it must come to the end of an undisturbed run.
  void expect_the_end(TestServer& server, const std::vector<plan::Change>& all, const std::vector<std::string>& expected) {
    const apply::Account again = server.apply(left_of(all, server));
    EXPECT_TRUE(std::all_of(again.failed.begin(), again.failed.end(), is_of_gone_bytes))
        << testing::PrintToString(server.events.lines());
    EXPECT_EQ(again.exit_code, again.failed.empty() ? 0 : 6) << testing::PrintToString(server.events.lines());
    EXPECT_EQ(normalised(server), expected) << testing::PrintToString(server.events.lines());
    EXPECT_EQ(server.tree().faults, std::vector<std::string>());
  }

  /// The end of a run that nothing disturbs.
  std::vector<std::string> undisturbed_end() {
    const auto reference = fresh();
    EXPECT_EQ(reference->apply(changes(*reference)).exit_code, bytes_are_gone_ ? 6 : 0);
    return normalised(*reference);
  }

  TestFolder folder{quick_folder()};
  TestServer oslo{folder.path(), "oslo"};
  bool many_ = false;           ///< `changes` are many that are recorded together
  bool fills_a_group_ = false;  ///< they are more than a group takes
  std::uint32_t parallel_ = 1;
  bool bytes_are_gone_ = false;  ///< of what `changes` make public; and nothing is noted yet of what is left out
};

}  // namespace ingot::testing_support
