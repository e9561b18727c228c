#include "reconciler/apply/uploads/state_records.hpp"

namespace ingot::apply {

upload::RecordedHead StateRecords::head() {
  const auto row = state_.upload(place_);
  return row ? upload::RecordedHead{.serial = row->serial, .etag = row->etag} : upload::RecordedHead{};
}

std::map<std::string, upload::RecordedObject> StateRecords::objects() {
  std::map<std::string, upload::RecordedObject> objects;
  for (state::UploadedRow& row : state_.uploaded(place_))
    objects.emplace(
        std::move(row.path),
        upload::RecordedObject{.piece = row.piece, .etag = std::move(row.etag), .unneeded_since = row.unneeded_since});
  return objects;
}

state::PutUploaded StateRecords::put(const upload::TreeFile& file, std::optional<std::string> etag) const {
  return {.place = place_, .row = {.path = file.path, .piece = file.piece, .etag = std::move(etag), .unneeded_since = {}}};
}

void StateRecords::begin(const std::vector<upload::TreeFile>& files) {
  state::Effects effects;
  if (!state_.upload(place_)) effects.emplace_back(state::PutUpload{.row = {.place = place_, .serial = 0, .etag = ""}});
  for (const upload::TreeFile& file : files) effects.emplace_back(put(file, std::nullopt));
  if (!effects.empty()) state_.record(effects);
}

void StateRecords::done(const std::vector<std::pair<upload::TreeFile, std::string>>& files) {
  state::Effects effects;
  for (const auto& [file, etag] : files) effects.emplace_back(put(file, etag));
  state_.record(effects);
}

void StateRecords::head_is(const upload::RecordedHead& head) {
  state_.record({state::PutUpload{.row = {.place = place_, .serial = head.serial, .etag = head.etag}}});
}

std::optional<upload::RecordedParts> StateRecords::parts(const std::string& path) {
  auto parts = state_.upload_parts(place_, path);
  if (!parts) return std::nullopt;
  return upload::RecordedParts{.id = std::move(parts->id), .etags = std::move(parts->etags)};
}

void StateRecords::parts_are(const std::string& path, const std::string& id) {
  state_.record({state::PutUploadParts{.place = place_, .path = path, .id = id}});
}

void StateRecords::part_is_there(const std::string& path, int number, const std::string& etag) {
  state_.record({state::PutUploadPart{.place = place_, .path = path, .number = number, .etag = etag}});
}

std::vector<std::string> StateRecords::paths_in_parts() { return state_.uploads_in_parts(place_); }

void StateRecords::mark_unneeded(const std::vector<std::pair<std::string, std::optional<Time>>>& paths) {
  state::Effects effects;
  for (const auto& [path, since] : paths)
    effects.emplace_back(state::MarkUploaded{.place = place_, .path = path, .unneeded_since = since});
  state_.record(effects);
}

void StateRecords::forget(const std::vector<std::string>& paths) {
  state::Effects effects;
  for (const std::string& path : paths) effects.emplace_back(state::DropUploaded{.place = place_, .path = path});
  state_.record(effects);
}

}  // namespace ingot::apply
