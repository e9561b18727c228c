#include "reconciler/show/plan/show_plan_json.hpp"

#include "reconciler/plan/damaged.hpp"
#include "reconciler/show/plan/show_manifest.hpp"
#include "reconciler/show/plan/show_plan.hpp"

namespace ingot::show {

namespace {

void put_transfer(const ShownAction& action, JsonWriter& json) {
  json.key("transfer");
  if (!action.transfer) return json.value(nullptr);
  json.begin_object();
  json.member("method", action.transfer->method);
  json.member_or_null("from", action.transfer->from);
  if (action.transfer->steps > 0) json.member("steps", std::uint64_t{action.transfer->steps});
  json.member("bytes", action.transfer->bytes);
  json.end_object();
}

void put_action(const ShownAction& action, JsonWriter& json) {
  json.begin_object();
  json.member("address", action.address.text);
  json.member("verb", text_of(action.verb));
  json.member_or_null("peer", action.peer);
  json.member_or_null("name", action.name);
  json.member("title", action.title);
  json.member_or_null("detail", action.detail);
  put_because(action.because, json);
  json.values("after", action.after, [&](const auto& after) { return after.text; });
  json.member("size", action.size);
  json.member("deferred", action.deferred);
  json.member_or_null("deferred_why", action.deferred_why);
  json.member_or_null("foreseen", action.foreseen);
  json.member_or_null("foreseen_why", action.foreseen_why);
  put_transfer(action, json);
  json.member("intent", action.intent);
  json.end_object();
}

void put_at(const std::optional<At>& at, JsonWriter& json) { json.member_or_null("at", at ? at->text() : ""); }

template <class Entry>
void put_obstacles(std::string_view key, const std::vector<Entry>& entries, JsonWriter& json) {
  json.objects(key, entries, [&](const auto& entry) {
    json.member("address", entry.address.text);
    json.member("verb", text_of(entry.verb));
    json.member("code", entry.code);
    json.member("text", entry.text);
    json.member_or_null("mend", entry.mend);
    if constexpr (requires { entry.at; }) put_at(entry.at, json);
  });
}

void put_notes(const std::vector<Note>& notes, JsonWriter& json) {
  json.objects("notes", notes, [&](const auto& note) {
    json.member("code", note.code);
    json.member_or_null("address", note.address);
    json.member("text", note.text);
  });
}

void put_limits(const std::vector<plan::LimitLine>& limits, JsonWriter& json) {
  json.objects("limits", limits, [&](const auto& limit) {
    json.member("name", limit.name);
    json.member("used", limit.used);
    json.member("limit", limit.limit);
    json.member("where", limit.where);
  });
}

void put_left_out(const ShownPlan& plan, JsonWriter& json) {
  json.key("left_out");
  if (plan.left_out_by == plan::LeftOutBy::nothing) return json.value(nullptr);
  json.begin_object();
  json.member("by", text_of(plan.left_out_by));
  json.key("actions");
  json.begin_object();
  for (const auto& [verb, count] : plan.left_out) json.member(text_of(verb), count);
  json.end_object();
  json.end_object();
}

void put_base(const ShownPlan& plan, JsonWriter& json) {
  json.key("base");
  if (!plan.base) return json.value(nullptr);
  json.begin_object();
  json.member("revision", plan.base->revision);
  json.member("commit", plan.base->commit);
  json.member("plan", plan.base->whole.text());
  json.member("left_out", plan.base->left_out);
  json.member_or_null("trouble", plan.base->trouble);
  json.end_object();
}

}  // namespace

void put_blocked(const std::vector<plan::Blocked>& blocked, JsonWriter& json) { put_obstacles("blocked", blocked, json); }
void put_held(const std::vector<plan::Held>& held, JsonWriter& json) { put_obstacles("held", held, json); }

void put_unknown(const std::vector<plan::UnknownPeer>& unknown, JsonWriter& json) {
  json.objects("unknown", unknown, [&](const auto& peer) {
    json.member("peer", peer.peer.text());
    json.member("code", peer.code);
    json.member("text", peer.text);
    put_at(peer.at, json);
  });
}

void put_damaged(const std::vector<plan::DamagedImage>& damaged, JsonWriter& json) {
  json.begin_lines();
  for (const auto& image : damaged) {
    json.begin_object();
    json.member("address", image.address.text);
    json.member("name", image.name.text());
    json.member("path", image.path);
    json.member("text", plan::what_is_damaged(image));
    json.member("mend", plan::how_to_mend(image));
    json.end_object();
  }
  json.end_array();
}

void put_because(const std::vector<plan::Reason>& because, JsonWriter& json) {
  json.objects_in_line("because", because, [&](const auto& reason) {
    json.member("code", reason.code);
    json.member_or_null("rule", reason.rule);
    json.member_or_null("at", reason.at ? reason.at->text() : "");
    json.member("text", reason.text);
    json.member_or_null("commit", reason.by ? reason.by->id : "");
    json.member_or_null("author", reason.by ? reason.by->author : "");
  });
}

void put_plan(const ShownPlan& plan, JsonWriter& json) {
  json.member("format", "ingot.plan/1");
  json.member("id", plan.id.text());
  json.key("server");
  json.begin_object();
  json.member("name", plan.server.text());
  json.member("id", plan.id_of_server.text());
  json.end_object();
  json.member("complete", plan.complete);
  json.key("manifest");
  put_manifest(plan.manifest_path, plan.manifest_digest, plan.git, json);
  put_base(plan, json);
  json.key("actions");
  json.begin_lines();
  for (const auto& action : plan.actions) put_action(action, json);
  json.end_array();
  put_blocked(plan.blocked, json);
  put_held(plan.held, json);
  put_unknown(plan.unknown, json);
  put_notes(plan.notes, json);
  put_limits(plan.limits, json);
  json.member("whole", plan.whole);
  put_left_out(plan, json);
  json.key("summary");
  json.begin_object();
  for (const auto& [verb, count] : verb_counts(plan)) json.member(text_of(verb), count);
  json.end_object();
}

void show_plan_json(const ShownPlan& plan, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  put_plan(plan, json);
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
