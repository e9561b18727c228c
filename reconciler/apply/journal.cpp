#include "reconciler/apply/journal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schema/overloaded.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::apply {
namespace {

std::string names_text(const std::vector<ImageName>& names) {
  std::string text;
  for (const ImageName& name : names) text += (text.empty() ? "" : ", ") + name.text();
  return text;
}

std::string copy_text(const plan::CopyImage& copy) {
  return fmt::format("{} as {}, {} ({}) from {} serial {}", copy.entry->name.text(), copy.name.text(), copy.entry->digest.text(),
                     size_text(copy.entry->size), copy.peer.text(), copy.head->serial);
}

std::string link_text(const plan::SwitchLink& it) {
  if (!it.image) return it.old_link.empty() ? "no link" : fmt::format("{}/{} goes", it.folder, it.old_link);
  return fmt::format("{}/{} → {}", it.folder, it.link, it.image->text());
}

std::string what_is_done(const plan::Change& change) {
  return std::visit(
      Overloaded{
          [](const plan::RegisterPeer& it) { return it.card.id.text(); },
          [](const plan::UpdatePeer& it) { return fmt::format("{}, was {}", it.card.id.text(), it.previous_name.text()); },
          [](const plan::UnregisterPeer& it) { return it.id.text(); },
          [](const plan::CreateType& it) { return "based on " + it.base.text(); },
          [](const plan::UpdateType& it) { return "based on " + it.base.text(); },
          [](const plan::DeleteType&) { return std::string(); },
          [](const plan::Instantiate& it) {
            return fmt::format("since {}, baseline {}; {}", it.row.since, it.row.baseline, it.row.options);
          },
          [](const plan::UpdateSubscription& it) { return fmt::format("{}", fmt::join(it.changes, "; ")); },
          [](const plan::Uninstantiate& it) { return fmt::format("at serial {}", it.stopped); },
          [](const plan::AddImage& it) { return it.image.source.value_or(""); },
          [](const plan::UpdateImage& it) { return fmt::format("{}", fmt::join(it.changes, "; ")); },
          [](const plan::DeleteImage& it) { return fmt::format("key {}", it.key); },
          [](const plan::CreateSeries& it) { return names_text(it.members); },
          [](const plan::UpdateSeries& it) { return names_text(it.members); },
          [](const plan::DeleteSeries&) { return std::string(); },
          [](const plan::Publish&) { return std::string(); },
          [](const plan::CopyImage& it) { return copy_text(it); },
          [](const plan::FetchAgain& it) {
            const plan::Offer& first = it.offers.front();
            return fmt::format("{} ({}) from {} serial {}", first.entry->digest.text(), size_text(first.entry->size),
                               first.peer.text(), first.head->serial);
          },
          [](const plan::TakeInAgain& it) { return it.image.source.value_or(""); },
          [](const plan::AdoptCopy& it) { return fmt::format("the copy from {}", it.peer.text()); },
          [](const plan::UpdateCopy& it) { return fmt::format("{}", fmt::join(it.changes, "; ")); },
          [](const plan::WithdrawCopy& it) { return it.row.reason; },
          [](const plan::RemoveCopy& it) { return fmt::format("{}, key {}", it.name.text(), it.key); },
          [](const plan::ExportImage& it) {
            return fmt::format("{} {}/{}", it.is_there ? "settings of" : "to", it.folder, it.image.text());
          },
          [](const plan::SwitchLink& it) { return link_text(it); },
          [](const plan::MakeDelta& it) { return "from " + it.base.text(); },
          [](const plan::UploadTree& it) { return "to " + place_of(it.upload); },
          [](const plan::Unexport& it) { return fmt::format("from {}/{}", it.row.folder, it.row.image.text()); },
      },
      change.action);
}

/// The rule that wants it, where that is written, and the sentence; what an update changes is told already.
std::string why_it_is_done(const plan::Change& change) {
  if (change.because.empty()) return "";
  const plan::Reason& reason = change.because.front();
  std::string why = reason.rule == change.address.text ? "" : reason.rule;
  if (reason.at) why += fmt::format("{}{}", why.empty() ? "" : " at ", reason.at->text());
  if (reason.code == Code::changed || reason.text.empty()) return why;
  return why.empty() ? reason.text : why + ": " + reason.text;
}

}  // namespace

Journal::Journal(state::State& state, io::Clock& clock, std::string run) : state_(state), clock_(clock), run_(std::move(run)) {}

std::int64_t Journal::begin(const plan::Change& change) {
  const std::lock_guard lock(mutex_);
  write_begun_locked();
  return newest_ = state_.begin_action(run_, change.address, change.verb, arguments_of(change), clock_.now());
}

std::int64_t Journal::begin_later(const plan::Change& change) {
  const std::lock_guard lock(mutex_);
  if (newest_ == 0) newest_ = state_.newest_action();
  begun_.push_back({.number = newest_ + 1,
                    .address = change.address,
                    .verb = change.verb,
                    .arguments = arguments_of(change),
                    .started = clock_.now()});
  return ++newest_;
}

void Journal::write_begun() {
  const std::lock_guard lock(mutex_);
  write_begun_locked();
}

void Journal::write_begun_locked() {
  if (begun_.empty()) return;
  state_.begin_actions(run_, begun_);
  begun_.clear();
}

std::vector<state::ImageKey> Journal::finish(std::int64_t action, const Outcome& outcome, const state::Effects& effects) {
  return finish_all({{.number = action, .outcome = outcome, .effects = effects}}).front();
}

std::vector<std::vector<state::ImageKey>> Journal::finish_all(const std::vector<state::FinishedAction>& actions) {
  const std::lock_guard lock(mutex_);
  auto keys = state_.finish_actions(run_, begun_, actions, clock_.now());
  begun_.clear();
  return keys;
}

std::string arguments_of(const plan::Change& change) {
  const std::string what = what_is_done(change), why = why_it_is_done(change);
  return what.empty() || why.empty() ? what + why : what + "; " + why;
}

}  // namespace ingot::apply
