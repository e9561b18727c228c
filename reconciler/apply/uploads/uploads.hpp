// The published tree and one place that it is uploaded to: whether there is something to do, doing it, and looking whether all is
// there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/uploads/state_records.hpp"
#include "reconciler/io/clock.hpp"
#include "reconciler/io/net/curl_http.hpp"
#include "reconciler/io/net/throttle.hpp"
#include "reconciler/plan/observed.hpp"
#include "reconciler/store/store.hpp"
#include "reconciler/upload/upload.hpp"
#include "state/state.hpp"

namespace ingot::apply {

/// What an upload works on; references outlive it.
struct UploadContext {
  state::State& state;
  const store::Store& store;
  io::Files& files;
  io::Clock& clock;
};

/// How its requests are made.
struct UploadManner {
  io::CurlHttpOptions http = {};  ///< its ca_file is the entry's
  upload::BucketOptions bucket = {};
};

/// For work beside others: with the bandwidth that they share, and an end where `may_go_on` throws. `throttle` outlives the
/// place.
UploadManner manner_with(io::Throttle& throttle, std::function<void()> may_go_on);

/// A place of the manifest, with its access key. Its methods throw as those of the room `upload` do.
class UploadPlace {
 public:
  /// Error{manifest}: its access key is not there. Error{local} "lost-root".
  UploadPlace(const UploadEntry& entry, const UploadContext& context, UploadManner manner = {});

  /// One request, or two if there is no head.
  upload::HeadThere look_at_head();
  /// Puts what is missing of the tree that is published now; the place must be this server's.
  upload::UploadSums upload(const upload::UploadOptions& options);
  std::vector<upload::WrongObject> verify(const upload::UploadOptions& options, bool note);
  /// `needed`: paths beside those of the published tree. Removes something only where the newest head is, and asks for it only
  /// then; the place must be this server's.
  void collect(std::set<std::string> needed, upload::CollectRules rules, upload::CollectedObjects& result);
  /// Objects of the published tree.
  std::size_t objects() { return tree().files.size(); }

 private:
  upload::TreeFiles tree();
  bool has_newest_head();

  UploadContext context_;
  OwnRoots roots_;
  upload::OwnTree own_;
  io::CurlHttp http_;
  upload::Bucket bucket_;
  StateRecords records_;
};

/// What the place of each of the manifest's uploads shows, all asked at once; what fails becomes a value.
std::map<UploadName, plan::UploadView> look_at_uploads(const std::vector<UploadEntry>& uploads, const UploadContext& context);

}  // namespace ingot::apply
