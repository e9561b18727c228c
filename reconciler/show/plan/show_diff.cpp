#include "reconciler/show/plan/show_diff.hpp"

#include <unordered_map>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/plan/show_plan.hpp"

namespace ingot::show {

namespace {

std::unordered_map<std::string_view, const ShownAction*> by_address(const ShownPlan& plan) {
  std::unordered_map<std::string_view, const ShownAction*> actions;
  for (const auto& action : plan.actions) actions.emplace(action.address.text, &action);
  return actions;
}

void show_line(char mark, Ink ink, const ShownAction& action, const Style& style, Output& out) {
  // What is compared, not what the file says of it.
  const std::string results = plan::results_text(action.intent);
  out.print("{} {} {}{}\n", style.in(ink, std::string_view(&mark, 1)), text_of(action.verb), action.address.text,
            results.empty() ? "" : "  " + style.dim(io::printable(results)));
}

void put_plan_of(std::string_view key, const ShownPlan& plan, JsonWriter& json) {
  json.key(key);
  json.begin_object();
  json.member("id", plan.id.text());
  json.key("server");
  json.begin_object();
  json.member("name", plan.server.text());
  json.member("id", plan.id_of_server.text());
  json.end_object();
  json.end_object();
}

void put_actions(std::string_view key, const std::vector<const ShownAction*>& actions, JsonWriter& json) {
  json.objects(key, actions, [&](const ShownAction* action) {
    json.member("address", action->address.text);
    json.member("verb", text_of(action->verb));
    json.member("intent", action->intent);
  });
}

void put_changed(const std::vector<ChangedAction>& changed, JsonWriter& json) {
  json.objects("changed", changed, [&](const auto& one) {
    json.member("address", one.after->address.text);
    json.member("verb", text_of(one.after->verb));
    json.objects_in_line("differences", one.differences, [&](const auto& difference) {
      json.member("key", difference.key);
      json.member_or_null("before", difference.before);
      json.member_or_null("after", difference.after);
    });
  });
}

}  // namespace

bool PlanDiff::same() const { return before->id == after->id && before->id_of_server == after->id_of_server; }

PlanDiff diff_of(const ShownPlan& before, const ShownPlan& after) {
  PlanDiff diff{.before = &before, .after = &after, .added = {}, .gone = {}, .changed = {}};
  const auto old_actions = by_address(before), new_actions = by_address(after);
  for (const auto& action : after.actions) {
    const auto old = old_actions.find(action.address.text);
    if (old == old_actions.end())
      diff.added.push_back(&action);
    else if (old->second->intent != action.intent)
      diff.changed.push_back(
          {.before = old->second, .after = &action, .differences = plan::differences(old->second->intent, action.intent)});
  }
  for (const auto& action : before.actions) {
    if (!new_actions.contains(action.address.text)) diff.gone.push_back(&action);
  }
  return diff;
}

void show_diff(const PlanDiff& diff, const Style& style, Output& out) {
  out.print("Plan {} and plan {} of {}\n", diff.before->id.hex().substr(0, 12), diff.after->id.hex().substr(0, 12),
            diff.after->server.text());
  if (diff.before->id_of_server != diff.after->id_of_server) {
    out.print("{}\n", style.in(Ink::yellow, fmt::format("These are plans of two servers: {} ({}) and {} ({})",
                                                        diff.before->server.text(), diff.before->id_of_server.text(),
                                                        diff.after->server.text(), diff.after->id_of_server.text())));
  }
  for (const ShownAction* action : diff.gone) show_line('-', Ink::red, *action, style, out);
  for (const ShownAction* action : diff.added) show_line('+', Ink::green, *action, style, out);
  for (const auto& one : diff.changed) {
    out.print("{} {} {}  {}\n", style.in(Ink::yellow, "~"), text_of(one.after->verb), one.after->address.text,
              io::printable(plan::differences_text(one.differences)));
  }
  if (diff.same())
    out.print("{}\n", style.bold("The same plan."));
  else
    out.print("{}\n", style.bold(fmt::format("{} removed, {} added, {} changed.", diff.gone.size(), diff.added.size(),
                                             diff.changed.size())));
}

void show_diff_json(const PlanDiff& diff, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.diff/1");
  json.member("same", diff.same());
  put_plan_of("before", *diff.before, json);
  put_plan_of("after", *diff.after, json);
  put_actions("gone", diff.gone, json);
  put_actions("added", diff.added, json);
  put_changed(diff.changed, json);
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
