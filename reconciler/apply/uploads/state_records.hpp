// What uploads remember, in the state.
#pragma once

#include <string>
#include <utility>

#include "reconciler/upload/records.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// Of one place (place_of(UploadEntry)). `state` outlives it. Error{local} if the state cannot be read or written.
class StateRecords final : public upload::Records {
 public:
  StateRecords(state::State& state, std::string place) : state_(state), place_(std::move(place)) {}

  upload::RecordedHead head() override;
  std::map<std::string, upload::RecordedObject> objects() override;
  void begin(const std::vector<upload::TreeFile>& files) override;
  void done(const std::vector<std::pair<upload::TreeFile, std::string>>& files) override;
  void head_is(const upload::RecordedHead& head) override;
  std::optional<upload::RecordedParts> parts(const std::string& path) override;
  void parts_are(const std::string& path, const std::string& id) override;
  void part_is_there(const std::string& path, int number, const std::string& etag) override;
  std::vector<std::string> paths_in_parts() override;
  void mark_unneeded(const std::vector<std::pair<std::string, std::optional<Time>>>& paths) override;
  void forget(const std::vector<std::string>& paths) override;

 private:
  state::PutUploaded put(const upload::TreeFile& file, std::optional<std::string> etag) const;

  state::State& state_;
  std::string place_;
};

}  // namespace ingot::apply
