#include "tests/support/upload_case.hpp"

#include <map>

namespace ingot::testing_support {

void take_upload(const CaseLine& line, state::Snapshot& snapshot) {
  snapshot.uploads.push_back(
      {.place = line.word(1), .serial = line.number("serial", 0), .etag = "", .unfinished = line.number("unfinished", 0)});
}

void take_upload_view(const CaseLine& line, plan::Observed& observed) {
  using StoreSight = plan::UploadView::Sight;
  const std::map<std::string, StoreSight> sights{{"as-recorded", StoreSight::as_recorded},
                                                 {"other", StoreSight::other},
                                                 {"nothing", StoreSight::nothing},
                                                 {"refused", StoreSight::refused}};
  plan::UploadView view{.sight = sights.at(line.word(1)), .serial = line.number("serial", 0)};
  if (view.sight == StoreSight::refused) {
    view.code = parse_code(line.word(2)).value();
    view.why = "the store says no";
    view.mend = "ask it why";
  }
  observed.uploads.emplace(UploadName::of(line.word(0)), view);
}

}  // namespace ingot::testing_support
