// What an action is to bring about, as one line of text: `ADDRESS VERB key="value" …`. The id of a
// plan is made from all of them, and a saved plan fits while each is what it was.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/plan/plan.hpp"

namespace ingot::plan {

/// Without baselines, sizes, transfers, reasons, deferrals, times and paths.
std::string intent_of(const Change& change);

/// The bytes that the plan's id is the sha256 of: the server's identity and the intents of all actions, in their order, but
/// `publish`. Whether there is
/// that one follows from the others: from which of them are deferred at this hour, and from what only the server sees.
std::string plan_id_text(const Plan& plan);
/// The same of intents.
std::string plan_id_text(const ServerId& server, const std::vector<std::string>& intents);

/// The value of a key in an intent; several values are one text, "a, b". "": the key is not there.
std::string result_in(std::string_view intent, std::string_view key);
/// What an intent brings about, to be read by people: "digest: sha256:…, name: a", each value cut at 200 bytes; "": nothing but
/// its verb.
std::string results_text(std::string_view intent);

/// A key that two intents have with other values; several values of a key are one text, "a, b". "": the key is not there.
struct IntentDifference {
  std::string key;
  std::string before;
  std::string after;
  bool operator==(const IntentDifference&) const = default;
};
/// In the order of the keys; another verb is the key "verb". What is no intent has no keys.
std::vector<IntentDifference> differences(std::string_view before, std::string_view after);
/// "digest: sha256:… → sha256:…, name: a → b", each value cut at 200 bytes.
std::string differences_text(const std::vector<IntentDifference>& differences);

}  // namespace ingot::plan
