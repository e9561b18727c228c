#include "reconciler/apply/journal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schema/overloaded.hpp"
#include "schema/quantity.hpp"

namespace ingot {
namespace {

std::string names_text(const std::vector<ImageName>& names) {
  std::string text;
  for (const ImageName& name : names) text += (text.empty() ? "" : ", ") + name.text();
  return text;
}

std::string copy_text(const CopyImage& copy) {
  return fmt::format("{} as {}, {} ({}) from {} serial {}", copy.entry->name.text(), copy.name.text(), copy.entry->digest.text(),
                     size_text(copy.entry->size), copy.peer.text(), copy.head->serial);
}

std::string what_is_done(const Change& change) {
  return std::visit(
      Overloaded{
          [](const RegisterPeer& it) { return it.card.id.text(); },
          [](const UpdatePeer& it) { return fmt::format("{}, was {}", it.card.id.text(), it.previous_name.text()); },
          [](const UnregisterPeer& it) { return it.id.text(); },
          [](const CreateType& it) { return "based on " + it.base.text(); },
          [](const UpdateType& it) { return "based on " + it.base.text(); },
          [](const DeleteType&) { return std::string(); },
          [](const Instantiate& it) {
            return fmt::format("since {}, baseline {}; {}", it.row.since, it.row.baseline, it.row.options);
          },
          [](const UpdateSubscription& it) { return fmt::format("{}", fmt::join(it.changes, "; ")); },
          [](const Uninstantiate& it) { return fmt::format("at serial {}", it.stopped); },
          [](const AddImage& it) { return it.image.source.value_or(""); },
          [](const UpdateImage& it) { return fmt::format("{}", fmt::join(it.changes, "; ")); },
          [](const DeleteImage& it) { return fmt::format("key {}", it.key); },
          [](const CreateSeries& it) { return names_text(it.members); },
          [](const UpdateSeries& it) { return names_text(it.members); },
          [](const DeleteSeries&) { return std::string(); },
          [](const Publish&) { return std::string(); },
          [](const CopyImage& it) { return copy_text(it); },
          [](const FetchAgain& it) {
            const Offer& first = it.offers.front();
            return fmt::format("{} ({}) from {} serial {}", first.entry->digest.text(), size_text(first.entry->size),
                               first.peer.text(), first.head->serial);
          },
          [](const TakeInAgain& it) { return it.image.source.value_or(""); },
          [](const AdoptCopy& it) { return fmt::format("the copy from {}", it.peer.text()); },
          [](const UpdateCopy& it) { return fmt::format("{}", fmt::join(it.changes, "; ")); },
          [](const WithdrawCopy& it) { return it.row.reason; },
          [](const RemoveCopy& it) { return fmt::format("{}, key {}", it.name.text(), it.key); },
      },
      change.action);
}

/// The rule that wants it, where that is written, and the sentence; what an update changes is told already.
std::string why_it_is_done(const Change& change) {
  if (change.because.empty()) return "";
  const Reason& reason = change.because.front();
  std::string why = reason.rule == change.address.text ? "" : reason.rule;
  if (reason.at) why += fmt::format("{}{}", why.empty() ? "" : " at ", reason.at->text());
  if (reason.code == "changed" || reason.text.empty()) return why;
  return why.empty() ? reason.text : why + ": " + reason.text;
}

}  // namespace

Journal::Journal(State& state, Clock& clock, std::string run) : state_(state), clock_(clock), run_(std::move(run)) {}

std::int64_t Journal::begin(const Change& change) {
  const std::lock_guard lock(mutex_);
  return state_.begin_action(run_, change.address, change.verb, arguments_of(change), clock_.now());
}

std::vector<ImageKey> Journal::finish(std::int64_t action, const Outcome& outcome, const Effects& effects) {
  const std::lock_guard lock(mutex_);
  return state_.finish_action(action, outcome, effects, clock_.now());
}

std::string arguments_of(const Change& change) {
  const std::string what = what_is_done(change), why = why_it_is_done(change);
  return what.empty() || why.empty() ? what + why : what + "; " + why;
}

}  // namespace ingot
