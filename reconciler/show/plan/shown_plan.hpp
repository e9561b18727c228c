// A plan as it is shown, in whatever format: the one value that the show_* of plans take. Made of a plan, or read from a
// document that was made of one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/plan/plan.hpp"

namespace ingot::show {

struct ShownTransfer {
  std::string method;
  std::string from;         ///< "": no image here serves
  std::size_t steps = 0;    ///< deltas; 0: it is no way by deltas
  std::uint64_t bytes = 0;  ///< to fetch
  bool operator==(const ShownTransfer&) const = default;
};

struct ShownAction {
  Address address;
  Verb verb = Verb::update;
  std::string peer;    ///< "": this server's own
  std::string name;    ///< the plain name in the address; may be ""
  std::string title;   ///< "series db19", "db19_25": what a line calls it
  std::string detail;  ///< size and bytes to fetch, or what there is to say in a word; may be ""
  std::vector<plan::Reason> because;
  std::vector<Address> after;
  std::optional<std::uint64_t> size;  ///< bytes; nullopt: none, or not known yet
  bool deferred = false;
  std::string deferred_why;
  Code foreseen = Code::none;  ///< Change::foreseen
  std::string foreseen_why;    ///< foreseen_text()
  std::optional<ShownTransfer> transfer;
  std::string intent;  ///< "" unless asked for
  bool operator==(const ShownAction&) const = default;

  /// That it comes along with a target; nullptr: it does not.
  const plan::Reason* needed_by() const;
};

struct ShownPlan {
  Digest id;
  ServerName server;
  ServerId id_of_server;
  bool complete = true;
  std::string manifest_path;
  Digest manifest_digest;
  std::optional<ManifestCommit> git = {};
  std::optional<plan::PlanBase> base = {};
  std::vector<ShownAction> actions;
  std::vector<plan::Blocked> blocked;
  std::vector<plan::Held> held;  ///< their reasons are not shown
  std::vector<plan::UnknownPeer> unknown;
  std::vector<Note> notes;
  std::vector<plan::LimitLine> limits;
  bool whole = true;  ///< Plan::whole
  bool kept = false;  ///< read from a file: beside each action stands what its intent brings about
  plan::LeftOutBy left_out_by = plan::LeftOutBy::nothing;
  std::map<Verb, std::uint64_t> left_out;

  std::size_t pending() const;  ///< not deferred
  std::uint64_t left_out_count() const;
};

using ActionGroup = std::vector<const ShownAction*>;
/// The lines that stand together.
struct ActionGroups {
  std::vector<std::pair<std::string, ActionGroup>> of_peers;  ///< in the order in which the plan first touches them
  ActionGroup own;
  ActionGroup deferred;
};
/// Borrows from the plan.
ActionGroups groups_of(const ShownPlan& plan);

enum class Intents { without, with };  ///< with: for documents; they are longer than all the rest

/// Makes every text printable but the intents, which are compared and never shown raw.
void make_printable(ShownPlan& plan);
/// With printable texts.
ShownPlan shown_plan(const plan::Plan& plan, const Digest& id, Intents intents = Intents::without);

}  // namespace ingot::show
