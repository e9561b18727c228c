#include "reconciler/cli/show_plan_json.hpp"

#include "reconciler/cli/plan_line.hpp"
#include "reconciler/cli/show_manifest.hpp"
#include "reconciler/cli/show_plan.hpp"
#include "reconciler/plan/damaged.hpp"

namespace ingot {

namespace {

std::string_view text_of(Method method) {
  switch (method) {
    case Method::whole: return "whole";
    case Method::reuse: return "reuse";
  }
  return "";
}

void put_transfer(const Change& change, JsonWriter& json) {
  json.key("transfer");
  const Transfer* const transfer = transfer_of(change.action);
  if (transfer == nullptr) return json.value(nullptr);
  json.begin_object();
  json.member("method", text_of(transfer->method));
  json.member_or_null("from", transfer->from ? transfer->from->text() : "");
  json.member("bytes", transfer->bytes);
  json.end_object();
}

/// Whether the size is known: of copies from the catalog, of what is here already from the state; an image is added unseen.
bool has_size(const Change& change) { return std::holds_alternative<CopyImage>(change.action) || change.size > 0; }

void put_change(const Change& change, JsonWriter& json) {
  json.begin_object();
  json.member("address", change.address.text);
  json.member("verb", text_of(change.verb));
  const auto peer = peer_of(change);
  json.member_or_null("peer", peer ? peer->text() : "");
  json.member_or_null("name", name_in(change));
  put_because(change.because, json);
  json.key("after");
  json.begin_array();
  for (const auto& after : change.after) json.value(after.text);
  json.end_array();
  json.key("size");
  if (has_size(change)) json.value(change.size);
  else json.value(nullptr);
  json.member("deferred", change.deferred);
  put_transfer(change, json);
  json.end_object();
}

template <class Entry>
void put_obstacles(std::string_view key, const std::vector<Entry>& entries, JsonWriter& json) {
  json.key(key);
  json.begin_lines();
  for (const auto& entry : entries) {
    json.begin_object();
    json.member("address", entry.address.text);
    json.member("verb", text_of(entry.verb));
    json.member("code", entry.code);
    json.member("text", entry.text);
    json.member_or_null("mend", entry.mend);
    json.end_object();
  }
  json.end_array();
}

void put_notes(const std::vector<Note>& notes, JsonWriter& json) {
  json.key("notes");
  json.begin_lines();
  for (const auto& note : notes) {
    json.begin_object();
    json.member("code", note.code);
    json.member_or_null("address", note.address);
    json.member("text", note.text);
    json.end_object();
  }
  json.end_array();
}

void put_base(const Plan& plan, JsonWriter& json) {
  json.key("base");
  if (!plan.base) return json.value(nullptr);
  json.begin_object();
  json.member("revision", plan.base->revision);
  json.member("commit", plan.base->commit);
  json.member("left_out", plan.base->left_out);
  json.member_or_null("trouble", plan.base->trouble);
  json.end_object();
}

}  // namespace

void put_blocked(const std::vector<Blocked>& blocked, JsonWriter& json) { put_obstacles("blocked", blocked, json); }
void put_held(const std::vector<Held>& held, JsonWriter& json) { put_obstacles("held", held, json); }

void put_unknown(const std::vector<UnknownPeer>& unknown, JsonWriter& json) {
  json.key("unknown");
  json.begin_lines();
  for (const auto& peer : unknown) {
    json.begin_object();
    json.member("peer", peer.peer.text());
    json.member("code", peer.code);
    json.member("text", peer.text);
    json.end_object();
  }
  json.end_array();
}

void put_damaged(const std::vector<DamagedImage>& damaged, JsonWriter& json) {
  json.begin_lines();
  for (const auto& image : damaged) {
    json.begin_object();
    json.member("address", image.address.text);
    json.member("name", image.name.text());
    json.member("path", image.path);
    json.member("text", what_is_damaged(image));
    json.member("mend", how_to_mend(image));
    json.end_object();
  }
  json.end_array();
}

void put_because(const std::vector<Reason>& because, JsonWriter& json) {
  json.key("because");
  json.begin_array();
  for (const auto& reason : because) {
    json.begin_object();
    json.member("code", reason.code);
    json.member_or_null("rule", reason.rule);
    json.member_or_null("at", reason.at ? reason.at->text() : "");
    json.member("text", reason.text);
    json.member_or_null("commit", reason.by ? reason.by->id : "");
    json.member_or_null("author", reason.by ? reason.by->author : "");
    json.end_object();
  }
  json.end_array();
}

void show_plan_json(const Plan& plan, const Digest& id, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.plan/1");
  json.member("id", id.text());
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
  for (const auto& change : plan.actions) put_change(change, json);
  json.end_array();
  put_blocked(plan.blocked, json);
  put_held(plan.held, json);
  put_unknown(plan.unknown, json);
  put_notes(plan.notes, json);
  json.key("summary");
  json.begin_object();
  for (const auto& [verb, count] : verb_counts(plan)) json.member(text_of(verb), count);
  json.end_object();
  json.end_object();
  json.finish();
}

}  // namespace ingot
