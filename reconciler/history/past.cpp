#include "reconciler/history/past.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::history {

namespace {

constexpr const char* rebuild = "state rebuild";
constexpr std::size_t shortest_commit = 4;

bool came(Verb verb) {
  constexpr std::array verbs{Verb::register_, Verb::instantiate, Verb::create, Verb::add, Verb::copy};
  return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}
bool went(Verb verb) {
  constexpr std::array verbs{Verb::unregister, Verb::uninstantiate, Verb::delete_, Verb::remove, Verb::unexport};
  return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}

bool is_of(options::Topic topic, const Address& address) {
  const auto parts = parts_of(address.text);
  const auto is = [&](AddressKind kind) { return parts && parts->kind == kind; };
  switch (topic) {
    case options::Topic::peers: return is(AddressKind::peer);
    case options::Topic::images: return is(AddressKind::image) || is(AddressKind::copy);
    case options::Topic::series: return is(AddressKind::series);
    case options::Topic::types: return is(AddressKind::imagetype);
    case options::Topic::subscriptions: return is(AddressKind::subscription);
    case options::Topic::history: break;
  }
  return false;
}

std::set<Address> here_now(options::Topic topic, const state::Snapshot& now) {
  std::set<Address> here;
  if (topic == options::Topic::peers) {
    for (const auto& peer : now.registrations) here.insert(peer_address(peer.name));
  } else if (topic == options::Topic::series) {
    for (const auto& series : now.series) here.insert(series_address(series.name));
  } else if (topic == options::Topic::types) {
    for (const auto& type : now.types) here.insert(type_address(type.name));
  } else if (topic == options::Topic::images) {
    for (const auto& image : now.images) {
      if (!image.deleted) here.insert(address_of(image));
    }
  } else {
    for (const auto& one : now.subscriptions) {
      if (!one.stopped) here.insert(subscription_address(one.peer_name, one.selector));
    }
  }
  return here;
}

/// An action that brought or ended something of the topic.
struct Step {
  const state::ActionRecord* action;
  std::size_t run;  ///< its place in the history
};

Time time_of(const Step& step) { return step.action->finished.value_or(step.action->started); }

std::vector<Step> steps_of(options::Topic topic, const RunHistory& history) {
  std::vector<Step> steps;
  for (std::size_t run = 0; run < history.size(); ++run) {
    for (const auto& action : history[run].actions) {
      if (action.outcome == state::ActionEnd::done && is_of(topic, action.address)) steps.push_back({&action, run});
    }
  }
  return steps;
}

bool happened(const Step& step, const Moment& moment) {
  if (moment.until)
    return time_of(step) <= *moment.until;  // by the action's own time: a run that began earlier may have waited for another
  return step.run < moment.runs;
}

/// Undoes what had not happened.
std::set<Address> undone(std::set<Address> here, const std::vector<Step>& steps, const Moment& moment) {
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (happened(*step, moment)) continue;
    if (came(step->action->verb)) here.erase(step->action->address);
    if (went(step->action->verb)) here.insert(step->action->address);
  }
  return here;
}

/// Whether what is here now came about by these steps alone, each fitting to the one before. It does not if a peer got another
/// name or another identity, which takes its subscriptions and copies along.
bool tells_all(const std::vector<Step>& steps, const std::set<Address>& now, bool from_nothing) {
  std::set<Address> here = undone(now, steps, {});
  if (from_nothing && !here.empty()) return false;
  for (const auto& step : steps) {
    if (came(step.action->verb) && !here.insert(step.action->address).second) return false;
    if (went(step.action->verb) && here.erase(step.action->address) == 0) return false;
  }
  return here == now;
}

[[noreturn]] void throw_unproven(const std::string& why, const std::optional<Time>& since) {
  throw Error(Fault::incomplete, why,
              since ? fmt::format("ask for a time from {} on", time_text(*since))
                    : "\"ingot history NAME\" shows what is known of one name")
      .with_code(Code::before_history);
}

/// The last step of a peer that is no plain coming or going.
std::optional<Step> last_change_of_a_peer(const std::vector<Step>& steps) {
  const auto found =
      std::find_if(steps.rbegin(), steps.rend(), [](const Step& step) { return step.action->verb == Verb::update; });
  return found == steps.rend() ? std::nullopt : std::optional(*found);
}

void require_proof(const Moment& moment, const RunHistory& history, const std::vector<Step>& steps,
                   const std::set<Address>& now) {
  const auto anew =
      std::find_if(history.rbegin(), history.rend(), [](const state::RunRecord& run) { return run.start.command == rebuild; });
  const std::size_t known_from = static_cast<std::size_t>(history.rend() - anew);  // runs up to and with the last rebuild
  const auto is_earlier = [&] {
    return moment.until ? *moment.until < anew->finished.value_or(anew->start.started) : moment.runs < known_from;
  };
  if (anew != history.rend() && is_earlier()) {
    throw_unproven("the history begins later: the state was rebuilt then", anew->finished.value_or(anew->start.started));
  }
  if (tells_all(steps, now, anew == history.rend())) return;
  const auto change = last_change_of_a_peer(steps_of(options::Topic::peers, history));
  if (!change) throw_unproven("the history does not say how everything here was added", std::nullopt);
  if (!happened(*change, moment))
    throw_unproven("a peer was renamed or has another identity since then, and the history has only its old name",
                   change->action->finished);
}

/// "db19" of "image.db19" and "copy.fpps-2.db19"; of a subscription "fpps-2.series.db19".
std::string name_at(const Address& address) {
  const auto parts = parts_of(address.text);
  if (!parts) return address.text;
  if (parts->kind != AddressKind::subscription) return std::string(parts->name);
  return fmt::format("{}.{}{}{}", parts->peer, parts->selector, parts->name.empty() ? "" : ".", parts->name);
}

/// The row that stands for what bore this address then: the one that came by that run, or the only one there ever was.
std::optional<state::ImageRow> row_then(const Address& address, const std::optional<PastArrival>& arrived,
                                        const std::vector<const state::ImageRow*>& rows) {
  const auto by_run = std::find_if(rows.begin(), rows.end(), [&](const state::ImageRow* row) {
    return arrived && row->papers.run == arrived->run && address_of(*row) == address;
  });
  if (by_run != rows.end()) return **by_run;
  return rows.size() == 1 ? std::optional(*rows.front()) : std::nullopt;
}

std::optional<PastArrival> arrival_of(const std::vector<Step>& steps, const Address& address, const Moment& moment,
                                      const RunHistory& history) {
  const auto step = std::find_if(steps.rbegin(), steps.rend(), [&](const Step& one) {
    return one.action->address == address && came(one.action->verb) && happened(one, moment);
  });
  if (step == steps.rend()) return std::nullopt;
  const state::RunStart& run = history[step->run].start;
  return PastArrival{.time = step->action->finished.value_or(step->action->started),
                     .run = run.id,
                     .actor = run.actor,
                     .commit = run.git ? std::optional(run.git->commit_text()) : std::nullopt};
}

std::optional<Moment> after_run(const std::string& id, const RunHistory& history) {
  std::optional<Moment> moment;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].start.id == id) return Moment{.runs = i + 1};
    if (!history[i].start.id.starts_with(id)) continue;
    if (moment)
      throw Error(Fault::usage, fmt::format("several runs begin with \"{}\"", id),
                  "give more characters of its id; see: ingot query history");
    moment = Moment{.runs = i + 1};
  }
  return moment;
}

std::optional<Moment> after_commit(const std::string& commit, const RunHistory& history) {
  std::optional<Moment> moment;
  std::string found;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const auto& git = history[i].start.git;
    if (!git || git->dirty || !git->commit.starts_with(commit)) continue;
    if (moment && git->commit != found)
      throw Error(Fault::usage, fmt::format("several commits begin with \"{}\"", commit), "give more of it");
    found = git->commit;
    moment = Moment{.runs = i + 1};
  }
  return moment;
}

Moment at_time(Time time, const RunHistory& history) {
  Moment moment{.runs = 0, .until = time};
  while (moment.runs < history.size() && history[moment.runs].start.started <= time) ++moment.runs;
  return moment;
}

bool is_hex(const std::string& text) {
  return text.size() >= shortest_commit && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Address address_of(const state::ImageRow& image) {
  if (!image.copy || !image.copied_from || !image.identity) return image_address(image.name);
  return copy_address(*image.copied_from, image.identity->name);
}

Moment moment_of(const std::string& at, const RunHistory& history,
                 const std::function<std::optional<std::string>(const std::string&)>& resolve) {
  if (const auto time = parse_time(at)) return at_time(*time, history);
  if (!at.empty()) {
    if (const auto moment = after_run(at, history)) return *moment;
    if (const auto moment = is_hex(at) ? after_commit(at, history) : std::nullopt) return *moment;
    if (const auto commit = resolve(at)) {
      if (const auto moment = after_commit(*commit, history)) return *moment;
      throw Error(Fault::usage, fmt::format("no run belongs to the commit {}", *commit),
                  "a run that finds nothing to do, or uncommitted changes, has no commit; see: ingot query history")
          .with_code(Code::unknown_commit)
          .about(at);
    }
  }
  throw Error(Fault::usage, fmt::format("--at \"{}\" is no run, no commit of one, and no time", io::printable(at)),
              "see: ingot query history; a time is 2026-11-23T02:00:00Z")
      .with_code(Code::unknown_moment)
      .about(at);
}

std::vector<PastThing> things_at(options::Topic topic, const Moment& moment, const RunHistory& history,
                                 const state::Snapshot& now) {
  const std::vector<Step> steps = steps_of(topic, history);
  const std::set<Address> present = here_now(topic, now);
  require_proof(moment, history, steps, present);
  std::map<Address, std::vector<const state::ImageRow*>> rows;
  if (topic == options::Topic::images) {
    for (const auto& row : now.images) rows[address_of(row)].push_back(&row);
  }
  std::set<Address> renamed;
  for (const auto& step : steps) {
    if (step.action->verb == Verb::update && !happened(step, moment)) renamed.insert(step.action->address);
  }
  std::vector<PastThing> things;
  for (const auto& address : undone(present, steps, moment)) {
    PastThing thing{.address = address,
                    .name = name_at(address),
                    .arrived = arrival_of(steps, address, moment, history),
                    .image = std::nullopt};
    if (const auto known = rows.find(address); known != rows.end()) thing.image = row_then(address, thing.arrived, known->second);
    if (thing.image && !renamed.contains(address)) thing.name = thing.image->name.text();
    things.push_back(std::move(thing));
  }
  return things;
}

}  // namespace ingot::history
