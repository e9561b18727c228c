// The JSON Lines of an apply: see show_account.hpp.
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"
#include "reconciler/show/run/show_account.hpp"
#include "reconciler/show/run/show_error.hpp"
#include "reconciler/show/run/show_problems.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot::show {

namespace {

/// One object on one line.
template <class Fill>
std::string line(Fill&& fill) {
  return shown([&](Output& out) {
    JsonWriter json(out, Layout::one_line);
    json.begin_object();
    fill(json);
    json.end_object();
    json.finish();
  });
}

void begin_event(JsonWriter& json, std::string_view event, const Address& address, Verb verb) {
  json.member("event", event);
  json.member("address", address.text);
  json.member("verb", text_of(verb));
}

void put_results(std::string_view key, const std::vector<apply::ActionResult>& results, JsonWriter& json) {
  json.objects_in_line(key, results, [&](const auto& result) {
    json.member("address", result.address.text);
    json.member("verb", text_of(result.verb));
    std::visit(Overloaded{[&](const Done& done) {
                            json.member("fetched", result.fetched);
                            if (!done.how.empty()) json.member("how", done.how);
                          },
                          [&](const Failed& failed) {
                            json.member("code", failed.code);
                            json.member("text", failed.text);
                          },
                          [&](const Skipped& skipped) {
                            json.member("text", skipped.why);
                            json.member("deferred", skipped.deferred);
                          }},
               result.outcome);
  });
}

/// What ended the run early, before its first action or later; null if nothing did.
void put_fatal(const std::optional<Error>& fatal, JsonWriter& json) {
  json.key("error");
  if (!fatal) return json.value(nullptr);
  json.begin_object();
  put_error(*fatal, json);
  json.end_object();
}

/// The members of every result, whatever the run came to.
std::string result_line(int exit, const apply::Account& account, const plan::Plan* plan, const std::optional<Error>& fatal,
                        const Problems& problems) {
  return line([&](JsonWriter& json) {
    json.member("event", "result");
    json.member("exit", exit);
    json.member("complete", exit == exit_done);
    put_results("done", account.done, json);
    put_results("failed", account.failed, json);
    put_results("not_started", account.not_started, json);
    put_held(plan != nullptr ? plan->held : std::vector<plan::Held>(), json);
    put_blocked(plan != nullptr ? plan->blocked : std::vector<plan::Blocked>(), json);
    put_unknown(plan != nullptr ? plan->unknown : std::vector<plan::UnknownPeer>(), json);
    put_fatal(fatal, json);
    put_problems(problems, json);
  });
}

}  // namespace

std::string first_event_json(const plan::Plan& plan, const Digest& plan_id, const std::string& run) {
  return line([&](JsonWriter& json) {
    json.member("format", "ingot.events/1");
    json.member("run", run);
    json.member("plan", plan_id.text());
    json.key("server");
    json.begin_object();
    json.member("name", plan.server.text());
    json.member("id", plan.id_of_server.text());
    json.end_object();
    json.member("actions", plan.pending());
  });
}

std::string first_event_json() {
  return line([](JsonWriter& json) {
    json.member("format", "ingot.events/1");
    for (const char* member : {"run", "plan", "server", "actions"}) json.member(member, nullptr);
  });
}

std::string start_event_json(const plan::Change& change) {
  return line([&](JsonWriter& json) { begin_event(json, "start", change.address, change.verb); });
}

std::string progress_event_json(const apply::ActionProgress& progress) {
  return line([&](JsonWriter& json) {
    begin_event(json, "progress", progress.address, progress.verb);
    json.member("done", progress.done);
    json.member("total", progress.total);
    json.member("fetched", progress.fetched);
  });
}

std::string end_event_json(const plan::Change& change, const apply::ActionResult& result) {
  return line([&](JsonWriter& json) {
    std::visit(Overloaded{[&](const Done& done) {
                            begin_event(json, "done", change.address, change.verb);
                            json.member("size", result.size);
                            json.member("fetched", result.fetched);
                            if (!done.how.empty()) json.member("how", done.how);
                          },
                          [&](const Failed& failed) {
                            begin_event(json, "failed", change.address, change.verb);
                            json.member("code", failed.code);
                            json.member("text", failed.text);
                          },
                          [&](const Skipped& skipped) {
                            begin_event(json, "skipped", change.address, change.verb);
                            json.member("text", skipped.why);
                            json.member("deferred", skipped.deferred);
                          }},
               result.outcome);
  });
}

std::string note_event_json(const std::string& text) {
  return line([&](JsonWriter& json) {
    json.member("event", "note");
    json.member("text", text);
  });
}

std::string result_event_json(const plan::Plan* plan, const apply::Account& account, const std::optional<Error>& fatal) {
  const int exit = fatal ? exit_code_of(fatal->fault()) : account.exit_code;
  return result_line(exit, account, plan, fatal ? fatal : account.fatal, {});
}

std::string result_event_json(const Problems& problems) {
  return result_line(exit_manifest, {}, nullptr, std::nullopt, problems);
}

}  // namespace ingot::show
