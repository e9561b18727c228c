#include "reconciler/apply/uploads/uploads.hpp"

#include <functional>
#include <mutex>

#include <fmt/format.h>

#include "reconciler/upload/jobs.hpp"
#include "schema/error.hpp"

namespace ingot::apply {
namespace {

using Sight = plan::UploadView::Sight;

io::CurlHttpOptions with_authority(io::CurlHttpOptions options, const UploadEntry& entry) {
  options.ca_file = entry.ca_file.value_or("");
  return options;
}

/// A head under keys that the newest root revoked proves nothing: it is replaced by any other.
std::optional<Serial> own_serial(std::string_view envelope, const ServerId& self, const OwnRoots& roots) {
  const auto head = verify_own_head(envelope, self, roots);
  if (!head) return std::nullopt;
  return is_revoked(head, roots) ? 0 : head->head.serial;
}

/// A question of a plan must not take long: what time may mend, the next run asks again.
UploadManner questions() {
  UploadManner manner;
  manner.http.whole = std::chrono::seconds(20);
  manner.bucket.retry.attempts = 2;
  manner.bucket.retry.longest_wait = std::chrono::seconds(2);
  return manner;
}

plan::UploadView refused(Code code, const Error& error) {
  return {.sight = Sight::refused, .code = code, .why = error.text(), .mend = error.mend()};
}

plan::UploadView look_at(const UploadEntry& entry, const UploadContext& context) {
  try {
    const upload::HeadThere there = UploadPlace(entry, context, questions()).look_at_head();
    const auto published = context.state.published();
    upload::refuse_foreign(there, published ? published->serial : 0, entry);
    switch (there.kind) {
      case upload::HeadThere::Kind::as_known: return {.sight = Sight::as_recorded, .serial = there.serial};
      case upload::HeadThere::Kind::other: return {.sight = Sight::other, .serial = there.serial};
      case upload::HeadThere::Kind::nothing:
      case upload::HeadThere::Kind::foreign: break;
    }
    return {.sight = Sight::nothing};
  } catch (const Error& error) {
    if (error.fault() == Fault::manifest) return refused(Code::credentials, error);
    if (error.fault() == Fault::incomplete) return refused(error.code(), error);
    throw;
  }
}

}  // namespace

UploadManner manner_with(io::Throttle& throttle, std::function<void()> may_go_on) {
  UploadManner manner;
  manner.http.throttle = &throttle;
  manner.bucket.may_go_on = std::move(may_go_on);
  return manner;
}

UploadPlace::UploadPlace(const UploadEntry& entry, const UploadContext& context, UploadManner manner)
    : context_(context),
      roots_(own_roots(context.store, context.state.self())),
      own_{.first_root = context.store.published_root(1).value_or(""),
           .own_serial = [this](const std::string& envelope) { return own_serial(envelope, context_.state.self(), roots_); }},
      http_(with_authority(std::move(manner.http), entry)),
      bucket_(http_, entry, io::read_access_key(entry), context.clock, std::move(manner.bucket)),
      records_(context.state, place_of(entry)) {}

upload::TreeFiles UploadPlace::tree() {
  const auto head = head_on_disk(context_.store, context_.state.self(), roots_);
  if (!head)
    throw Error(Fault::local, "the published head is missing or damaged, so nothing can be uploaded", "run \"ingot publish\"");
  return upload::tree_files(context_.files, context_.store.public_folder(), head->head);
}

upload::HeadThere UploadPlace::look_at_head() { return upload::look_at_head(bucket_, records_.head(), own_); }

upload::UploadSums UploadPlace::upload(const upload::UploadOptions& options) {
  return upload::upload(bucket_, records_, context_.files, context_.store.public_folder(), tree(), own_, options);
}

std::vector<upload::WrongObject> UploadPlace::verify(const upload::UploadOptions& options, bool note) {
  return upload::verify(bucket_, records_, tree(), options, note);
}

void UploadPlace::collect(std::set<std::string> needed, upload::CollectRules rules, upload::CollectedObjects& result) {
  const auto published = context_.state.published();
  result.refused = !published || records_.head().serial != published->serial;
  if (result.refused) return;
  for (const upload::TreeFile& file : tree().files) needed.insert(file.path);
  rules.may_remove = [this] { return has_newest_head(); };
  upload::collect(bucket_, records_, needed, rules, result);
}

bool UploadPlace::has_newest_head() {
  const upload::HeadThere there = look_at_head();
  const auto published = context_.state.published();
  upload::refuse_foreign(there, published ? published->serial : 0, bucket_.place());
  return published && there.kind == upload::HeadThere::Kind::as_known && there.serial == published->serial;
}

std::map<UploadName, plan::UploadView> look_at_uploads(const std::vector<UploadEntry>& uploads, const UploadContext& context) {
  std::map<UploadName, plan::UploadView> views;
  std::mutex mutex;
  std::vector<std::function<void()>> jobs;
  for (const UploadEntry& entry : uploads) {
    jobs.emplace_back([&] {
      plan::UploadView view = look_at(entry, context);
      const std::lock_guard lock(mutex);
      views.emplace(entry.name, std::move(view));
    });
  }
  upload::run_jobs(jobs, static_cast<std::uint32_t>(jobs.size()));
  return views;
}

}  // namespace ingot::apply
