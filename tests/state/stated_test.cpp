// What publish_state tells of a state: what the catalog does not say, nothing private (R15), nothing of serials of peers.
#include <gmock/gmock.h>

#include "schema/catalog/write_catalog.hpp"
#include "tests/state/state_fixture.hpp"

namespace ingot::stated_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class stating : public StateTest {
 protected:
  std::string text() const { return write_stated(state.stated()); }
  state::ImageRow hidden_row(const std::string& name) const {
    auto row = own_row(name);
    row.is_private = true;
    return row;
  }
};

std::vector<std::string> names_of(const std::vector<StatedImage>& images) {
  std::vector<std::string> names;
  for (const auto& image : images) names.push_back(image.name.text());
  return names;
}

TEST_F(stating, an_usual_image_needs_no_line_and_what_no_head_shows_has_none) {
  auto usual = own_row("usual"), protects = own_row("protects"), unmanaged = own_row("unmanaged");
  usual.managed = protects.managed = true;
  protects.protect = true;
  unmanaged.managed = false;
  for (const auto& row : {usual, protects, unmanaged}) add(row);
  EXPECT_THAT(state.stated().images, IsEmpty()) << "no head has shown them";
  publish();
  EXPECT_THAT(names_of(state.stated().images), ElementsAre("protects", "unmanaged"));
}

TEST_F(stating, R15_nothing_private_is_told) {
  const state::ImageKey hidden = add(hidden_row("hush1"));
  auto child = own_row("child");
  child.managed = true;
  child.parent = hidden;
  child.parent_name = "hush1";
  const state::ImageKey shown = add(child);
  for (const char* type : {"HUSH", "HUSH_OF_NONE", "SHOWN"}) record({state::PutType{TypeName::of(type), default_type(), true}});
  record({state::PutType{TypeName::of("HUSH_FROM_PEER"), default_type(), false}});
  auto open = own_row("open");
  open.managed = true;
  open.type = TypeName::of("SHOWN");
  add(open);
  auto typed = hidden_row("hush2");
  typed.type = TypeName::of("HUSH");
  const state::ImageKey also = add(typed);
  const auto series = [&](const std::string& name, const std::vector<state::ImageKey>& keys,
                          const std::vector<std::string>& wanted) {
    state::SeriesRow row{.name = SeriesName::of(name), .managed = true, .members = {}, .follow = {}, .wanted = wanted};
    for (const auto key : keys) row.members.push_back({key, ImageName::of("any")});
    record({state::PutSeries{row}});
  };
  series("hush3", {hidden, also}, {"hush1", "hush2"});
  series("hush4", {}, {"hush1"});
  series("mixed", {hidden, shown}, {"hush1", "child"});
  series("hush5", {}, {"comes-later"});
  series("hush6", {}, {});
  record({state::PutSeries{state::SeriesRow{.name = SeriesName::of("follows"),
                                            .managed = true,
                                            .members = {},
                                            .follow = Follow{.peer = ServerName::of("gold"), .series = SeriesName::of("s")},
                                            .wanted = {}}}});
  publish();
  EXPECT_THAT(text(), Not(HasSubstr("hush")));
  EXPECT_THAT(text(), Not(HasSubstr("HUSH")));
  EXPECT_THAT(state.stated().images, IsEmpty()) << "a private parent is not told, and there is nothing else to say";
  EXPECT_THAT(state.stated().types,
              ElementsAre(StatedType{.name = TypeName::of("SHOWN"), .base = default_type(), .managed = true}));
  EXPECT_THAT(state.stated().series,
              ElementsAre(StatedSeries{.name = SeriesName::of("follows"),
                                       .managed = true,
                                       .follow = Follow{.peer = ServerName::of("gold"), .series = SeriesName::of("s")}},
                          StatedSeries{.name = SeriesName::of("mixed"), .managed = true, .follow = {}}));
}

TEST_F(stating, a_parent_is_told_by_the_name_that_it_had_and_the_one_that_it_has) {
  const ServerId gold = server_id(2);
  record({state::PutRegistration{registration(gold, "gold"), {}}});
  const state::ImageKey parent = add(copy_row(gold, "before", 1));
  auto child = own_row("child");
  child.managed = true;
  child.parent = parent;
  child.parent_name = "before";
  add(child);
  auto renamed = image("before");
  renamed.name = ImageName::of("now");
  record({state::ChangeImage{renamed}});
  publish();
  const auto images = state.stated().images;
  ASSERT_THAT(names_of(images), ElementsAre("child", "now"));
  EXPECT_EQ(images[0].parent, ImageName::of("before"));
  EXPECT_EQ(images[0].parent_now, ImageName::of("now"));
}

TEST_F(stating, R20_a_serial_of_a_peer_changes_nothing) {
  const ServerId gold = server_id(2);
  record({state::PutRegistration{registration(gold, "gold"), {}},
          state::PutSubscription{subscription(gold, SelectAll{}, "subscription.gold.all")}});
  publish();
  const std::string before = text();
  EXPECT_THAT(before, HasSubstr("subscription.gold.all"));
  record({state::SeenPeer{.id = gold, .serial = 77, .head = digest_of("newer"), .seen = at(500)}});
  ASSERT_EQ(state.registrations().at(0).serial, 77U);
  publish();
  EXPECT_EQ(text(), before);
}

}  // namespace
}  // namespace ingot::stated_test
