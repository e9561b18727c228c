#include "reconciler/show/plan/plan_document.hpp"

#include "reconciler/io/hash.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"

namespace ingot::show {

namespace {

constexpr std::string_view before_digest = ",\n\"digest\":\"";

void put_texts(std::string_view key, const std::vector<std::string>& texts, JsonWriter& json) {
  json.values(key, texts, [&](const auto& text) { return text; });
}

void put_options(const plan::PlanOptions& options, JsonWriter& json) {
  json.key("options");
  json.begin_object();
  put_texts("target", options.targets, json);
  put_texts("exclude", options.excluded, json);
  json.member("raise_removals", options.raise_removals);
  json.member("raise_stops", options.raise_stops);
  if (options.raise_withdrawals) json.member("raise_withdrawals", options.raise_withdrawals);
  json.member("allow_empty", options.allow_empty);
  json.end_object();
}

void put_heads(const std::vector<plan::PlannedHead>& heads, JsonWriter& json) {
  json.objects("peers", heads, [&](const auto& head) {
    json.member("name", head.peer.text());
    json.member("id", head.id.text());
    json.member("serial", head.serial);
    json.member("head", head.head.text());
  });
}

void put_basis(const plan::PlanBasis& basis, JsonWriter& json) {
  json.key("basis");
  json.begin_object();
  json.member("ingot", basis.version);
  json.member("made", basis.made);
  json.key("state");
  json.begin_object();
  json.member("lineage", basis.lineage);
  json.member("generation", basis.generation);
  json.member("run", basis.last_run);
  json.end_object();
  put_options(basis.options, json);
  put_heads(basis.heads, json);
  json.end_object();
}

}  // namespace

std::string write_plan_document(const ShownPlan& plan, const plan::PlanBasis& basis) {
  std::string text = shown([&](Output& out) {
    JsonWriter json(out);
    json.begin_object();
    put_plan(plan, json);
    put_basis(basis, json);
  });
  const std::string digest = io::sha256(text).text();
  return text.append(before_digest).append(digest).append("\"}\n");
}

plan::SavedPlan saved_plan(const ShownPlan& plan, const plan::PlanBasis& basis) {
  plan::SavedPlan saved{.id = plan.id,
                        .server = plan.server,
                        .id_of_server = plan.id_of_server,
                        .manifest = plan.manifest_digest,
                        .basis = basis,
                        .actions = {}};
  for (const auto& action : plan.actions)
    saved.actions.push_back({.address = action.address.text, .intent = action.intent, .deferred = action.deferred});
  for (const auto& held : plan.held) {
    if (held.code == Code::unknown_selector) saved.held_ends.insert(held.address.text);
  }
  return saved;
}

}  // namespace ingot::show
