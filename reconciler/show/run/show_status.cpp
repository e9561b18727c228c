#include "reconciler/show/run/show_status.hpp"

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/damaged.hpp"
#include "reconciler/show/plan/show_plan.hpp"
#include "reconciler/show/plan/show_plan_json.hpp"
#include "reconciler/show/run/show_runs.hpp"
#include "schema/exit_code.hpp"

namespace ingot::show {

namespace {

std::string head_text(const Status& status, const Style& style) {
  if (status.serial == 0) return style.red("nothing is published: run \"ingot apply\"");
  std::string text = fmt::format("serial {}", status.serial);
  if (!status.expires) return text;
  if (*status.expires <= status.now)
    return text + style.red(fmt::format(", expired {}: run \"ingot publish\"", time_text(*status.expires)));
  return text + fmt::format(", valid until {}", time_text(*status.expires));
}

std::string run_text(const Status& status) {
  if (!status.last_run) return "none yet";
  const state::RunRecord& run = *status.last_run;
  const bool under_way = !run.finished && status.running && status.running->find(run.start.id) != std::string::npos;
  // A run does not record what it held; what is held still, this plan says.
  const std::size_t held = run.exit_code == exit_refused && status.plan ? status.plan->held.size() : 0;
  return fmt::format("{} {}, {}: {} done, {} failed, {} skipped{}", io::printable(run.start.command), io::printable(run.start.id),
                     under_way ? "under way" : run_result(run), run.done, run.failed, run.skipped,
                     held > 0 ? fmt::format("; {} held now", held) : "");
}

void put_own_url(const std::optional<observe::OwnUrl>& own, JsonWriter& json) {
  json.key("served");
  if (!own) return json.value(nullptr);
  json.begin_object();
  json.member("url", own->url);
  json.member("status", own->status);
  json.member("serial", own->serial);
  json.member_or_null("text", own->text);
  json.end_object();
}

void line(std::string_view name, const std::string& value, Output& out) { out.print("  {:<10} {}\n", name, value); }

}  // namespace

void show_status(const Status& status, const Style& style, Output& out) {
  out.print("{} {}\n", style.bold(status.server.text()), style.dim(status.id.text()));
  if (status.moved) {
    line("moved",
         style.red(fmt::format("to \"{}\" at {}{}", io::printable(status.moved->place), time_text(status.moved->at),
                               status.moved->finished ? "" : ", cut off before its end")),
         out);
  }
  line("images", std::to_string(status.images), out);
  line("published", head_text(status, style), out);
  if (status.own && !status.own->text.empty())
    line("own url", fmt::format("{}: {}", style.red(text_of(status.own->status)), io::printable(status.own->text)), out);
  line("last run", run_text(status), out);
  if (status.running) line("running", io::printable(*status.running), out);
  line("pending",
       status.plan ? plan_summary(shown_plan(*status.plan, Digest{})) : style.in(Ink::yellow, io::printable(status.no_plan)),
       out);
  for (const auto& note : status.plan ? status.plan->notes : std::vector<Note>()) {
    if (note.code == Code::root_ends) line("root", style.in(Ink::yellow, io::printable(note.text)), out);
  }
  for (const auto& image : status.damaged) {
    line("damaged",
         fmt::format("{}: {}; {}", style.red(image.name.text()), io::printable(plan::what_is_damaged(image)),
                     io::printable(plan::how_to_mend(image))),
         out);
  }
  line("disk", fmt::format("{} free of {}", size_text(status.disk.available), size_text(status.disk.total)), out);
  out.put('\n');
  show_peers(status.peers, style, out);
}

void show_status_json(const Status& status, Output& out) {
  JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.status/1");
  json.key("server");
  json.begin_object();
  json.member("name", status.server.text());
  json.member("id", status.id.text());
  json.end_object();
  json.key("moved");
  if (status.moved) {
    json.begin_object();
    json.member("to", status.moved->place);
    json.member("at", status.moved->at);
    json.member("finished", status.moved->finished);
    json.end_object();
  } else {
    json.value(nullptr);
  }
  json.member("images", status.images);
  json.key("published");
  json.begin_object();
  json.member("serial", status.serial > 0 ? std::optional(status.serial) : std::nullopt);
  json.member("expires", status.expires);
  json.end_object();
  put_own_url(status.own, json);
  put_peers(status.peers, json);
  json.key("last_run");
  if (status.last_run)
    put_run(*status.last_run, false, json);
  else
    json.value(nullptr);
  json.member("running", status.running);
  json.key("plan");
  if (status.plan) {
    json.begin_object();
    json.member("pending", status.plan->pending());
    json.member("deferred", status.plan->actions.size() - status.plan->pending());
    json.member("blocked", status.plan->blocked.size());
    json.member("held", status.plan->held.size());
    json.member("unknown", status.plan->unknown.size());
    json.end_object();
  } else {
    json.value(nullptr);
  }
  json.key("damaged");
  put_damaged(status.damaged, json);
  json.key("disk");
  json.begin_object();
  json.member("total", status.disk.total);
  json.member("available", status.disk.available);
  json.end_object();
  json.end_object();
  json.finish();
}

}  // namespace ingot::show
