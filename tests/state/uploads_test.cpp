// What the state remembers of uploads: heads, objects, parts.
#include <gmock/gmock.h>

#include "tests/state/state_fixture.hpp"

namespace ingot::state_uploads_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string here = "https://s3.test/gold/", there = "https://s3.test/other/";

class state_uploads : public StateTest {
 protected:
  state_uploads() { record({state::PutUpload{.row = {.place = here, .serial = 3, .etag = "e3"}}}); }
  static state::UploadedRow row(const std::string& path, std::optional<std::string> etag) {
    return {.path = path, .piece = {.digest = Digest{{1, 2, 3}}, .length = 7}, .etag = std::move(etag), .unneeded_since = {}};
  }
  void put(const std::string& place, const state::UploadedRow& object) {
    record({state::PutUploaded{.place = place, .row = object}});
  }
};

TEST_F(state_uploads, remembers_the_newest_head_of_each_place) {
  record({state::PutUpload{.row = {.place = here, .serial = 4, .etag = "e4"}},
          state::PutUpload{.row = {.place = there, .serial = 1, .etag = ""}}});
  EXPECT_EQ(state.upload(here), (state::UploadRow{.place = here, .serial = 4, .etag = "e4", .unfinished = 0}));
  EXPECT_EQ(state.snapshot().uploads.size(), 2U);
  EXPECT_FALSE(state.upload("https://s3.test/none/"));
}

TEST_F(state_uploads, counts_objects_that_are_not_known_to_be_there) {
  put(here, row("b/one", std::nullopt));
  put(here, row("b/two", std::nullopt));
  EXPECT_EQ(state.upload(here)->unfinished, 2U);
  put(here, row("b/one", "e"));
  EXPECT_EQ(state.upload(here)->unfinished, 1U);
  EXPECT_THAT(state.uploaded(here), ElementsAre(row("b/one", "e"), row("b/two", std::nullopt)));
  EXPECT_THAT(state.uploaded(there), IsEmpty());
}

TEST_F(state_uploads, keeps_parts_until_their_object_is_there) {
  put(here, row("b/large", std::nullopt));
  EXPECT_FALSE(state.upload_parts(here, "b/large"));
  record({state::PutUploadParts{.place = here, .path = "b/large", .id = "id"},
          state::PutUploadPart{.place = here, .path = "b/large", .number = 2, .etag = "p2"}});
  put(here, row("b/large", std::nullopt));  // the next run begins
  EXPECT_EQ(state.upload_parts(here, "b/large"), (state::UploadParts{.id = "id", .etags = {{2, "p2"}}}));
  EXPECT_THAT(state.uploads_in_parts(here), ElementsAre("b/large"));
  put(here, row("b/large", "e"));
  EXPECT_FALSE(state.upload_parts(here, "b/large"));
  EXPECT_THAT(state.uploads_in_parts(here), IsEmpty());
}

TEST_F(state_uploads, forgets_parts_of_an_upload_that_begins_anew) {
  put(here, row("b/large", std::nullopt));
  record({state::PutUploadParts{.place = here, .path = "b/large", .id = "one"},
          state::PutUploadPart{.place = here, .path = "b/large", .number = 1, .etag = "p"}});
  record({state::PutUploadParts{.place = here, .path = "b/large", .id = "two"}});
  EXPECT_EQ(state.upload_parts(here, "b/large"), (state::UploadParts{.id = "two", .etags = {}}));
  record({state::PutUploadParts{.place = here, .path = "b/large", .id = ""}});
  EXPECT_FALSE(state.upload_parts(here, "b/large"));
}

TEST_F(state_uploads, marks_and_forgets_objects) {
  put(here, row("b/one", "e"));
  const Time since{std::chrono::seconds(1'800'000'000)};
  record({state::MarkUploaded{.place = here, .path = "b/one", .unneeded_since = since}});
  EXPECT_EQ(state.uploaded(here).at(0).unneeded_since, since);
  record({state::MarkUploaded{.place = here, .path = "b/one", .unneeded_since = std::nullopt}});
  EXPECT_EQ(state.uploaded(here).at(0).unneeded_since, std::nullopt);
  record({state::DropUploaded{.place = here, .path = "b/one"}});
  EXPECT_THAT(state.uploaded(here), IsEmpty());
}

}  // namespace
}  // namespace ingot::state_uploads_test
