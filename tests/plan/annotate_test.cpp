// What is told with a plan once it is made.
#include "reconciler/plan/annotate.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/plan/intent.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "tests/support/plan_case.hpp"

namespace ingot::annotate_test {
namespace {

using testing::ElementsAre;

plan::Plan plan_of_one_image() {
  const auto one = testing_support::read_case(R"(
== manifest
[[image]]
name = "i"
source = "i"

== sources i=s
== plan
)");
  return std::get<plan::Plan>(plan::make_plan(one.manifest, one.snapshot, one.observed, one.options));
}

TEST(annotate, adds_notes_by_their_code_and_changes_nothing_else) {
  const plan::Plan before = plan_of_one_image();
  plan::Plan plan = before;
  plan::annotate(plan, {.notes = {{.code = Code::reverts, .address = "", .text = "b"},
                                  {.code = Code::against, .address = "", .text = "a"},
                                  {.code = Code::reverts, .address = "", .text = "c"}}});
  std::vector<std::string> texts;
  for (const auto& note : plan.notes) texts.push_back(note.text);
  EXPECT_THAT(texts, ElementsAre("a", "b", "c"));
  EXPECT_EQ(plan::plan_id_text(plan), plan::plan_id_text(before));
  EXPECT_EQ(exit_code_of(plan, true), exit_code_of(before, true));
}

TEST(annotate, names_who_changed_an_entry_by_its_file_and_line) {
  plan::Plan plan = plan_of_one_image();
  const auto image = std::find_if(plan.actions.begin(), plan.actions.end(),
                                  [](const plan::Change& change) { return is_of(AddressKind::image, change.address); });
  ASSERT_NE(image, plan.actions.end());
  const plan::Reason& reason = image->because.front();
  ASSERT_TRUE(plan::is_changed_entry(*image, reason));
  const auto commit = std::make_shared<const CommitLine>(CommitLine{.id = "c0ffee", .author = "Ada", .subject = "s"});
  plan::Authors authors;
  authors.entries[reason.at->file][reason.at->line + 1] = commit;
  plan::annotate(plan, {.notes = {}, .authors = authors});
  EXPECT_EQ(reason.by, nullptr) << "another line's";
  authors.entries[reason.at->file][reason.at->line] = commit;
  plan::annotate(plan, {.notes = {}, .authors = authors});
  EXPECT_EQ(reason.by, commit);
}

}  // namespace
}  // namespace ingot::annotate_test
