#include "reconciler/plan/plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "reconciler/plan/make_plan.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot::plan {

namespace {

constexpr std::array<std::pair<LeftOutBy, std::string_view>, 4> left_out_words{{
    {LeftOutBy::targets, "--target"},
    {LeftOutBy::exclusions, "--exclude"},
    {LeftOutBy::targets_and_exclusions, "--target and --exclude"},
    {LeftOutBy::saved_plan, "the saved plan"},
}};

}  // namespace

std::string_view text_of(LeftOutBy by) {
  for (const auto& [value, word] : left_out_words) {
    if (value == by) return word;
  }
  return "";
}

std::optional<LeftOutBy> parse_left_out(std::string_view text) {
  for (const auto& [value, word] : left_out_words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

std::size_t Plan::pending() const {
  return static_cast<std::size_t>(
      std::count_if(actions.begin(), actions.end(), [](const Change& change) { return !change.deferred; }));
}

bool Reason::operator==(const Reason& other) const {
  const bool same_author = by == other.by || (by && other.by && by->id == other.by->id && by->author == other.by->author);
  return same_author && std::tie(code, rule, at, text) == std::tie(other.code, other.rule, other.at, other.text);
}

Verb verb_of(const Action& action) {
  return std::visit(Overloaded{[](const RegisterPeer&) { return Verb::register_; },
                               [](const UpdatePeer&) { return Verb::update; },
                               [](const UnregisterPeer&) { return Verb::unregister; },
                               [](const CreateType&) { return Verb::create; },
                               [](const UpdateType&) { return Verb::update; },
                               [](const DeleteType&) { return Verb::delete_; },
                               [](const Instantiate&) { return Verb::instantiate; },
                               [](const UpdateSubscription&) { return Verb::update; },
                               [](const Uninstantiate&) { return Verb::uninstantiate; },
                               [](const AddImage&) { return Verb::add; },
                               [](const UpdateImage&) { return Verb::update; },
                               [](const DeleteImage&) { return Verb::delete_; },
                               [](const CreateSeries&) { return Verb::create; },
                               [](const UpdateSeries&) { return Verb::update; },
                               [](const DeleteSeries&) { return Verb::delete_; },
                               [](const Publish&) { return Verb::publish; },
                               [](const CopyImage&) { return Verb::copy; },
                               [](const FetchAgain&) { return Verb::repair; },
                               [](const TakeInAgain&) { return Verb::repair; },
                               [](const AdoptCopy&) { return Verb::add; },
                               [](const UpdateCopy&) { return Verb::update; },
                               [](const WithdrawCopy&) { return Verb::withdraw; },
                               [](const RemoveCopy&) { return Verb::remove; },
                               [](const ExportImage&) { return Verb::export_; },
                               [](const SwitchLink&) { return Verb::switch_; },
                               [](const Unexport&) { return Verb::unexport; },
                               [](const MakeDelta&) { return Verb::delta; },
                               [](const UploadTree&) { return Verb::upload; }},
                    action);
}

std::string foreseen_text(const Change& change) {
  const auto* add = std::get_if<AddImage>(&change.action);
  if (!add || change.foreseen != Code::source_missing) return std::string(text_of(change.foreseen));
  return add->image.source ? fmt::format("its source \"{}\" {}, so apply cannot add it", *add->image.source, add->source_trouble)
                           : std::string("it has no source and its bytes are not here, so apply cannot add it");
}

const Transfer* transfer_of(const Action& action) {
  if (const auto* copy = std::get_if<CopyImage>(&action)) return &copy->transfer;
  const auto* again = std::get_if<FetchAgain>(&action);
  return again ? &again->transfer : nullptr;
}

const ServerName* source_of(const Action& action) {
  if (const auto* copy = std::get_if<CopyImage>(&action)) return &copy->peer;
  const auto* again = std::get_if<FetchAgain>(&action);
  return again ? &again->offers.front().peer : nullptr;
}

bool is_ignored(const Plan& plan, const Blocked& blocked) {
  if (plan.ignored.empty() || blocked.code == Code::damaged) return false;
  if (plan.ignored.contains(blocked.address.text)) return true;
  if (blocked.code != Code::peer_unknown) return false;
  const auto peer = blocked.waits_for ? blocked.waits_for : ServerName::parse(peer_of_address(blocked.address.text));
  return peer && plan.ignored.contains(peer_address(*peer).text);
}

bool is_ignored(const Plan& plan, const UnknownPeer& peer) { return plan.ignored.contains(peer_address(peer.peer).text); }

int exit_code_of(const Plan& plan, bool detailed) {
  int code = detailed && plan.pending() > 0 ? exit_changes : exit_done;
  const auto counts = [&](const auto& trouble) { return !is_ignored(plan, trouble); };
  const bool fails = std::any_of(plan.actions.begin(), plan.actions.end(), [&](const Change& change) {
    return change.foreseen != Code::none && !change.deferred && !plan.ignored.contains(change.address.text);
  });
  if (std::any_of(plan.blocked.begin(), plan.blocked.end(), counts) ||
      std::any_of(plan.unknown.begin(), plan.unknown.end(), counts) || fails)
    code = worse_exit_code(code, exit_incomplete);
  const auto is_local = [](const Blocked& one) {
    return one.code == Code::damaged || one.code == Code::no_catalog_key || one.code == Code::not_writable;
  };
  if (std::any_of(plan.blocked.begin(), plan.blocked.end(), is_local)) code = worse_exit_code(code, exit_local);
  const bool refused =
      std::any_of(plan.blocked.begin(), plan.blocked.end(), [](const Blocked& one) { return one.code == Code::host_guard; });
  if (!plan.held.empty() || refused) code = worse_exit_code(code, exit_refused);
  const bool untrusted =
      std::any_of(plan.unknown.begin(), plan.unknown.end(), [](const auto& peer) { return peer.code == Code::untrusted; });
  return untrusted ? worse_exit_code(code, exit_untrusted) : code;
}

}  // namespace ingot::plan
