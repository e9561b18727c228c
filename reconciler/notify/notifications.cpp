#include "reconciler/notify/notifications.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "reconciler/io/net/credentials.hpp"
#include "reconciler/notify/send_notifications.hpp"
#include "schema/exit_code.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::notify {

namespace {

constexpr std::uint64_t longest_note = 16;

/// nullopt also if it cannot be read: then a recovery is not told, and nothing else is lost.
std::optional<int> read_failure(const std::string& path, io::Files& files) {
  try {
    const std::string text = io::read_file_if_there(files, path, longest_note).value_or("");
    int exit_code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exit_code);
    return error == std::errc() ? std::optional(exit_code) : std::nullopt;
  } catch (const Error&) { return std::nullopt; }  // as if no failure were noted
}

}  // namespace

Notifications::Notifications(const Manifest& manifest, const OfRun& run)
    : news_{.server = manifest.server.name,
            .run = run.id,
            .command = run.command,
            .started = run.started,
            .finished = run.started,
            .manifest_path = manifest.path,
            .manifest_digest = manifest.digest,
            .git = manifest.git},
      to_(manifest.notify),
      withheld_(io::secret_variables(manifest)),
      failure_(site::state_folder(manifest.server) + "/cache/last-failure") {}

bool Notifications::wants_latest() const {
  return std::any_of(to_.begin(), to_.end(), [](const NotifyEntry& entry) { return entry.on.contains(Occasion::latest); });
}

void Notifications::begin(const state::Snapshot& before, const plan::Plan& plan, const site::Site& site) {
  if (to_.empty()) return;
  news_.id_of_server = plan.id_of_server;
  news_.held = plan.held;
  news_.blocked = plan.blocked;
  news_.unknown = plan.unknown;
  news_.series_before = members_of(before.series);
  // The plan's snapshot may lack the images of peers with nothing new.
  if (wants_latest()) news_.latest_before = news_.latest_after = latest_of(site.state.snapshot());
}

void Notifications::end(const apply::Account& account, int exit_code, const site::Site& site) {
  if (to_.empty()) return;
  const bool series_changed = std::any_of(account.done.begin(), account.done.end(),
                                          [](const apply::ActionResult& one) { return is_of(AddressKind::series, one.address); });
  news_.series_after = series_changed ? members_of(site.state.snapshot().series) : news_.series_before;
  if (wants_latest() && !account.done.empty()) news_.latest_after = latest_of(site.state.snapshot());
  news_.exit_code = exit_code;
  news_.account = account;
}

void Notifications::tell(const console::Session& session) noexcept {
  try {
    if (!to_.empty()) tell_each(session);
  } catch (...) {  // a lack of memory: the run is over and accounted for
  }
}

void Notifications::tell_end(const Error& error, const console::Session& session) noexcept {
  try {
    news_.error = error;
    news_.exit_code = exit_code_of(error.fault());
  } catch (...) {  // as above
  }
  tell(session);
}

void Notifications::tell_each(const console::Session& session) {
  news_.finished = session.clock.now();
  news_.last_failure = read_failure(failure_, session.files);
  if (occasions_of(news_).contains(Occasion::failure)) remember(session.files);
  send_notifications(news_, to_, withheld_, session);
  if (news_.exit_code == exit_done && news_.last_failure) forget(session.files);
}

void Notifications::remember(io::Files& files) const {
  try {
    io::refuse_linked_memory(files, parent_folder(parent_folder(failure_)));
    io::make_folders(files, parent_folder(failure_));
    io::replace_file_unsynced(files, failure_, fmt::format("{}\n", news_.exit_code), 0644);
  } catch (const Error&) {  // as if it could not be read
  }
}

void Notifications::forget(io::Files& files) const {
  try {
    io::refuse_linked_memory(files, parent_folder(parent_folder(failure_)));
    files.remove(failure_);
  } catch (const Error&) {  // the recovery is told once more
  }
}

}  // namespace ingot::notify
