#include "tests/support/plan_text.hpp"

#include <string_view>

#include <fmt/format.h>

#include "schema/overloaded.hpp"

namespace ingot::testing_support {

namespace {

std::string names(const std::vector<ImageName>& list) {
  std::string text;
  for (const auto& name : list) text += (text.empty() ? "" : ", ") + name.text();
  return "[" + text + "]";
}

/// In the order in which they are asked.
std::string peers_text(const std::vector<plan::Offer>& offers) {
  std::string text;
  for (const auto& offer : offers) text += (text.empty() ? "" : ", else ") + offer.peer.text();
  return text;
}

std::string transfer_result(const plan::Transfer& transfer) {
  if (transfer.method == plan::Method::delta) {
    return fmt::format("{} by {} delta{} from {}", size_text(transfer.bytes), transfer.steps.size(),
                       transfer.steps.size() == 1 ? "" : "s", transfer.from->text());
  }
  return transfer.method == plan::Method::whole ? "whole, " + size_text(transfer.bytes)
                                                : "reuse" + (transfer.from ? " of " + transfer.from->text() : "");
}

std::string copy_result(const plan::CopyImage& copy) {
  return fmt::format("as {}, {}{}, {}", copy.name.text(), text_of(copy.state), copy.protect ? ", protected" : "",
                     transfer_result(copy.transfer));
}

std::string row_result(const state::SubscriptionRow& row) {
  return fmt::format("baseline {}, since {}, {}", row.baseline, row.since, row.options);
}

/// What an action leads to, where its reason does not say it.
std::string switch_result(const plan::SwitchLink& one) {
  std::string text = one.folder + ":";
  if (one.image) text += fmt::format(" {} to {}", one.link, one.image->text());
  if (!one.old_link.empty()) text += fmt::format(" {} goes", one.old_link);
  if (!one.run.empty()) text += fmt::format(", runs {}, before: {}", one.run.front(), one.before ? one.before->text() : "none");
  return text;
}

std::string result(const plan::Action& action) {
  return std::visit(
      Overloaded{
          [](const plan::RegisterPeer& one) { return fmt::format("{} at serial {}", one.card.name.text(), one.head.serial); },
          [](const plan::UpdatePeer& one) {
            return fmt::format("was {}{}", one.previous_name.text(), one.replaces ? ", replaces another root" : "");
          },
          [](const plan::UnregisterPeer&) { return std::string(); },
          [](const plan::CreateType& one) {
            return fmt::format("based on {}{}", one.base.text(), one.managed ? "" : ", unmanaged");
          },
          [](const plan::UpdateType& one) { return fmt::format("based on {}", one.base.text()); },
          [](const plan::DeleteType&) { return std::string(); },
          [](const plan::Instantiate& one) { return row_result(one.row); },
          [](const plan::UpdateSubscription& one) { return row_result(one.row); },
          [](const plan::Uninstantiate& one) { return fmt::format("stopped at {}", one.stopped); },
          [](const plan::AddImage& one) {
            const std::string size = one.source_bytes ? size_text(*one.source_bytes) : "";
            if (!one.image.parent) return size;
            return fmt::format("{}parent {}{}", size.empty() ? "" : size + ", ", one.image.parent->text(),
                               one.parent ? " (here)" : "");
          },
          [](const plan::UpdateImage&) { return std::string(); },
          [](const plan::DeleteImage&) { return std::string(); },
          [](const plan::CreateSeries& one) { return names(one.members); },
          [](const plan::UpdateSeries& one) { return names(one.members); },
          [](const plan::DeleteSeries&) { return std::string(); },
          [](const plan::Publish&) { return std::string(); },
          [](const plan::CopyImage& one) { return copy_result(one); },
          [](const plan::FetchAgain& one) {
            return fmt::format("from {}, {}", peers_text(one.offers), transfer_result(one.transfer));
          },
          [](const plan::TakeInAgain& one) { return "from source " + one.image.source.value_or(""); },
          [](const plan::AdoptCopy& one) { return fmt::format("the copy from {}, {}", one.peer.text(), text_of(one.row.state)); },
          [](const plan::UpdateCopy& one) { return fmt::format("as {}", one.row.name.text()); },
          [](const plan::WithdrawCopy& one) { return one.row.reason; },
          [](const plan::RemoveCopy& one) { return one.name.text(); },
          [](const plan::ExportImage& one) {
            const std::string like = one.like.empty() ? "" : ", like " + one.like;
            return fmt::format("{} {}{}", one.is_there ? "again in" : "to", one.folder, like);
          },
          [](const plan::SwitchLink& one) { return switch_result(one); },
          [](const plan::MakeDelta& one) { return "from " + one.base.text(); },
          [](const plan::UploadTree& one) { return "to " + place_of(one.upload); },
          [](const plan::Unexport& one) { return "from " + one.row.folder; }},
      action);
}

std::string at(const std::optional<At>& place) { return place ? " " + place->text() : ""; }

std::string change_text(const plan::Change& change) {
  std::string text = fmt::format("{} {}", text_of(change.verb), change.address.text);
  if (const std::string outcome = result(change.action); !outcome.empty()) text += ": " + outcome;
  if (!change.after.empty()) text += "; after";
  for (const auto& before : change.after) text += " " + before.text;
  text += "\n";
  if (change.deferred) text += "    deferred: " + change.deferred_why + "\n";
  if (change.foreseen != Code::none) text += fmt::format("    foreseen: {}\n", text_of(change.foreseen));
  for (const auto& reason : change.because)
    text += fmt::format("    {} {}{}: {}\n", text_of(reason.code), reason.rule, at(reason.at), reason.text);
  return text;
}

std::string name_of(state::ImageKey key, const state::Snapshot& snapshot) {
  for (const auto& row : snapshot.images) {
    if (row.key == key) return row.name.text();
  }
  return "?";
}

}  // namespace

std::string plan_text(const plan::Plan& plan, const state::Snapshot& snapshot) {
  std::string text;
  for (const auto& change : plan.actions) text += change_text(change);
  for (const auto& one : plan.blocked) {
    text += fmt::format("blocked {} {} {}{}: {}\n    mend: {}\n", text_of(one.verb), one.address.text, text_of(one.code),
                        at(one.at), one.text, one.mend);
  }
  for (const auto& one : plan.held)
    text += fmt::format("held {} {} {}: {}\n    mend: {}\n", text_of(one.verb), one.address.text, text_of(one.code), one.text,
                        one.mend);
  for (const auto& one : plan.unknown)
    text += fmt::format("unknown {} {}{}: {}\n", one.peer.text(), text_of(one.code), at(one.at), one.text);
  for (const auto& one : plan.notes) text += fmt::format("note {} {}: {}\n", text_of(one.code), one.address, one.text);
  for (const auto& one : plan.limits) {
    if (one.used != "0" && one.used != "0 B")
      text += fmt::format("limit {}: {} of {}, {}\n", one.name, one.used, one.limit, one.where);
  }
  for (const auto& one : plan.wantedness) {
    text += fmt::format("{} {}\n", one.unwanted_since ? "unwanted since now:" : "wanted again:", name_of(one.key, snapshot));
  }
  if (!plan.unwanted_deltas.empty()) text += fmt::format("deltas that are not wanted: {}\n", plan.unwanted_deltas.size());
  if (!plan.abandoned.empty()) text += fmt::format("partial copies given up: {}\n", plan.abandoned.size());
  for (const auto& peer : plan.settled) text += "settled " + peer.text() + "\n";
  if (!plan.left_out.empty()) text += fmt::format("left out by {}:", text_of(plan.left_out_by));
  for (const auto& [verb, count] : plan.left_out) text += fmt::format(" {} {}", count, text_of(verb));
  if (!plan.left_out.empty()) text += "\n";
  if (plan.settled_until) text += "settled until " + time_text(*plan.settled_until) + "\n";
  return text + fmt::format("exit {}\n", exit_code_of(plan, false));
}

std::string plan_text(const std::variant<plan::Plan, plan::RefusedEmpty, plan::WrongAddress>& made,
                      const state::Snapshot& snapshot) {
  if (const auto* plan = std::get_if<plan::Plan>(&made)) return plan_text(*plan, snapshot);
  if (const auto* wrong = std::get_if<plan::WrongAddress>(&made))
    return "wrong address: " + wrong->text + "\n    mend: " + wrong->mend + "\n";
  const auto& refused = std::get<plan::RefusedEmpty>(made);
  return "refused: " + refused.text + "\n    mend: " + refused.mend + "\n";
}

}  // namespace ingot::testing_support
