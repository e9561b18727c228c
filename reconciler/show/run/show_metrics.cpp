#include "reconciler/show/run/show_metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace ingot::show {

namespace {

enum class Kind { gauge, counter };

/// How long what was said of a family lasts.
enum class Keeps {
  until_said_again,  ///< a run that tells of it replaces all of it
  by_labels,         ///< it replaces only the sample with the same labels
};

struct Family {
  std::string_view name;
  Kind kind;
  Keeps keeps;
  std::string_view help;
};

constexpr std::array families{
    Family{"ingot_build_info", Kind::gauge, Keeps::until_said_again, "The version that wrote this, always 1."},
    Family{"ingot_last_run_timestamp_seconds", Kind::gauge, Keeps::by_labels, "When the last run of this command ended."},
    Family{"ingot_last_run_duration_seconds", Kind::gauge, Keeps::by_labels, "How long it took."},
    Family{"ingot_last_run_exit_code", Kind::gauge, Keeps::by_labels, "What it exited with; see: ingot --help."},
    Family{"ingot_last_run_success", Kind::gauge, Keeps::by_labels, "1 if it exited with 0, else 0."},
    Family{"ingot_last_success_timestamp_seconds", Kind::gauge, Keeps::by_labels,
           "When a run of this command last exited with 0."},
    Family{"ingot_copied_bytes_total", Kind::counter, Keeps::until_said_again, "Bytes fetched from peers."},
    Family{"ingot_saved_bytes_total", Kind::counter, Keeps::until_said_again,
           "Bytes of copied images that need not be fetched: compressed away, here already, or fetched by an earlier run."},
    Family{"ingot_last_plan_timestamp_seconds", Kind::gauge, Keeps::until_said_again,
           "When the plan was made that these actions and series belong to."},
    Family{"ingot_pending_actions", Kind::gauge, Keeps::until_said_again,
           "Actions of that plan that its run did not do, without deferred ones."},
    Family{"ingot_deferred_actions", Kind::gauge, Keeps::until_said_again,
           "Actions beyond a budget, a window or a deadline; a later run does them."},
    Family{"ingot_deferred_bytes", Kind::gauge, Keeps::until_said_again, "Bytes that these have to fetch."},
    Family{"ingot_blocked_actions", Kind::gauge, Keeps::until_said_again,
           "Actions that cannot be done; \"ingot plan\" says why."},
    Family{"ingot_held_actions", Kind::gauge, Keeps::until_said_again, "Actions that a guard holds."},
    Family{"ingot_damaged_images", Kind::gauge, Keeps::until_said_again, "Images here whose files are damaged or missing."},
    Family{"ingot_unknown_peers", Kind::gauge, Keeps::until_said_again, "Peers that were unreachable, expired or untrusted."},
    Family{"ingot_peer_up", Kind::gauge, Keeps::until_said_again, "1 if the peer has a head that was accepted, else 0."},
    Family{"ingot_peer_head_issued_timestamp_seconds", Kind::gauge, Keeps::until_said_again,
           "When the newest accepted head of the peer was signed."},
    Family{"ingot_peer_head_expires_timestamp_seconds", Kind::gauge, Keeps::until_said_again, "When that head expires."},
    Family{"ingot_series_behind", Kind::gauge, Keeps::until_said_again,
           "Images that the subscription to this series wants and that are missing."},
    Family{"ingot_head_expires_timestamp_seconds", Kind::gauge, Keeps::until_said_again,
           "When the head that this server publishes expires."},
    Family{"ingot_store_available_bytes", Kind::gauge, Keeps::until_said_again,
           "Free space of the store's file system for ingot's user."},
    Family{"ingot_store_size_bytes", Kind::gauge, Keeps::until_said_again, "Size of the store's file system."},
};

constexpr std::array verbs{Verb::register_, Verb::update,  Verb::unregister, Verb::instantiate, Verb::uninstantiate,
                           Verb::create,    Verb::delete_, Verb::add,        Verb::copy,        Verb::withdraw,
                           Verb::repair,    Verb::remove,  Verb::publish,    Verb::export_,     Verb::switch_,
                           Verb::unexport,  Verb::delta,   Verb::upload};

/// Samples by family and labels ("{peer=\"fpps-2\"}"), values as they are written.
using Samples = std::map<std::string_view, std::map<std::string, std::string>>;

const Family* family_of(std::string_view name) {
  const auto* const found =
      std::find_if(families.begin(), families.end(), [&](const Family& family) { return family.name == name; });
  return found == families.end() ? nullptr : found;
}

/// What a file said before this run.
struct Before {
  Samples samples;
  std::string server;  ///< "": it named none, as older versions did
};

/// Labels without the server, which all in a file have in common; nullopt: they cannot be ours.
std::optional<std::string> without_server(std::string_view labels, std::string& server) {
  constexpr std::string_view begin = "{server=\"";
  if (!labels.empty() && (!labels.ends_with("\"}") || labels.find_first_of(" \\") != std::string_view::npos)) return std::nullopt;
  if (!labels.starts_with(begin)) return std::string(labels);
  labels.remove_prefix(begin.size());
  const auto end = labels.find('"');
  server = labels.substr(0, end);
  labels.remove_prefix(end + 1);
  if (labels == "}") return "";
  return labels.starts_with(',') ? std::optional("{" + std::string(labels.substr(1))) : std::nullopt;
}

std::string with_server(const std::string& labels, const std::string& server) {
  return fmt::format("{{server=\"{}\"{}", server, labels.empty() ? "}" : "," + labels.substr(1));
}

/// A line that we may have written: "name{labels} value".
void take_line(std::string_view line, Before& before) {
  const auto space = line.rfind(' ');
  if (line.starts_with('#') || space == std::string_view::npos) return;
  const std::string_view key = line.substr(0, space), value = line.substr(space + 1);
  const auto brace = std::min(key.find('{'), key.size());
  const Family* const family = family_of(key.substr(0, brace));
  const bool is_a_number =
      !value.empty() && value.size() <= 32 && value.find_first_not_of("0123456789.") == std::string_view::npos;
  if (family == nullptr || !is_a_number) return;
  if (const auto labels = without_server(key.substr(brace), before.server)) before.samples[family->name].emplace(*labels, value);
}

Before read_before(std::string_view text) {
  Before before;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    take_line(text.substr(0, end), before);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return before;
}

/// A path as a label's value that needs no escapes.
std::string label_of_path(std::string_view path) {
  std::string label;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._/").find(c) != std::string_view::npos;
    label += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return label;
}

/// Two servers of one host must not write one sample: a server whose manifest cannot be read keeps the name that it had, or is
/// known by the manifest's path.
std::string server_label(const RunMetrics& run, const Before& before) {
  if (!run.server.empty()) return run.server;
  return before.server.empty() ? label_of_path(run.manifest) : before.server;
}

std::uint64_t counted_before(const Samples& before, std::string_view family) {
  const auto found = before.find(family);
  if (found == before.end() || !found->second.contains("")) return 0;
  const std::string& text = found->second.at("");
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The samples of one run as they are gathered.
class Gathered {
 public:
  void put(std::string_view family, const std::string& labels, std::string value) {
    samples_[family].insert_or_assign(labels, std::move(value));
  }
  void put(std::string_view family, const std::string& labels, std::uint64_t value) {
    put(family, labels, std::to_string(value));
  }
  void put(std::string_view family, const std::string& labels, Time time) {
    put(family, labels, std::to_string(time.time_since_epoch().count()));
  }
  /// Nothing is left of what was said of it before.
  void clear(std::string_view family) { samples_[family]; }
  const Samples& samples() const { return samples_; }

 private:
  Samples samples_;
};

void gather_run(const RunMetrics& run, const Samples& before, Gathered& to) {
  const std::string labels = fmt::format("{{command=\"{}\"}}", run.command);
  const bool success = run.exit_code == 0;
  to.put("ingot_build_info", "{version=\"" INGOT_VERSION "\"}", 1U);
  to.put("ingot_last_run_timestamp_seconds", labels, run.ended);
  to.put("ingot_last_run_duration_seconds", labels, fmt::format("{:.3f}", static_cast<double>(run.duration.count()) / 1000));
  to.put("ingot_last_run_exit_code", labels, static_cast<std::uint64_t>(run.exit_code));
  to.put("ingot_last_run_success", labels, success ? 1U : 0U);
  if (success) to.put("ingot_last_success_timestamp_seconds", labels, run.ended);
  to.put("ingot_copied_bytes_total", "", counted_before(before, "ingot_copied_bytes_total") + run.copied);
  to.put("ingot_saved_bytes_total", "", counted_before(before, "ingot_saved_bytes_total") + run.saved);
  if (run.head_expires) to.put("ingot_head_expires_timestamp_seconds", "", *run.head_expires);
  if (!run.disk) return;
  to.put("ingot_store_available_bytes", "", run.disk->available);
  to.put("ingot_store_size_bytes", "", run.disk->total);
}

void gather_peers(const PlanMetrics& plan, Gathered& to) {
  for (const char* family :
       {"ingot_peer_up", "ingot_peer_head_issued_timestamp_seconds", "ingot_peer_head_expires_timestamp_seconds"})
    to.clear(family);
  for (const auto& peer : plan.peers) {
    const std::string labels = fmt::format("{{peer=\"{}\"}}", peer.peer.text());
    to.put("ingot_peer_up", labels, peer.up ? 1U : 0U);
    if (peer.issued) to.put("ingot_peer_head_issued_timestamp_seconds", labels, *peer.issued);
    if (peer.expires) to.put("ingot_peer_head_expires_timestamp_seconds", labels, *peer.expires);
  }
  to.put("ingot_unknown_peers", "",
         static_cast<std::uint64_t>(
             std::count_if(plan.peers.begin(), plan.peers.end(), [](const PeerMetrics& peer) { return !peer.up; })));
}

void gather_series(const PlanMetrics& plan, Gathered& to) {
  to.clear("ingot_series_behind");
  for (const auto& series : plan.series) {
    to.put("ingot_series_behind", fmt::format("{{peer=\"{}\",series=\"{}\"}}", series.peer.text(), series.series.text()),
           series.behind);
  }
}

void gather_plan(const PlanMetrics& plan, Gathered& to) {
  gather_peers(plan, to);
  to.put("ingot_damaged_images", "", plan.damaged);
  if (!plan.whole) return;
  gather_series(plan, to);
  to.put("ingot_last_plan_timestamp_seconds", "", plan.made);
  for (const Verb verb : verbs) {
    const auto pending = plan.pending.find(verb);
    to.put("ingot_pending_actions", fmt::format("{{verb=\"{}\"}}", text_of(verb)),
           pending == plan.pending.end() ? 0 : pending->second);
  }
  to.put("ingot_deferred_actions", "", plan.deferred);
  to.put("ingot_deferred_bytes", "", plan.deferred_bytes);
  to.put("ingot_blocked_actions", "", plan.blocked);
  to.put("ingot_held_actions", "", plan.held);
}

void merge(const Family& family, const Samples& now, Samples& into) {
  const auto said = now.find(family.name);
  if (said == now.end()) return;
  auto& samples = into[family.name];
  if (family.keeps == Keeps::until_said_again) samples.clear();
  for (const auto& [labels, value] : said->second) samples.insert_or_assign(labels, value);
}

}  // namespace

std::string show_metrics(const RunMetrics& run, std::string_view before) {
  Before read = read_before(before);
  const std::string server = server_label(run, read);
  Samples& all = read.samples;
  Gathered gathered;
  gather_run(run, all, gathered);
  if (run.plan) gather_plan(*run.plan, gathered);
  std::string text;
  for (const Family& family : families) {
    merge(family, gathered.samples(), all);
    const auto& samples = all[family.name];
    if (samples.empty()) continue;
    text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, family.help, family.name,
                        family.kind == Kind::counter ? "counter" : "gauge");
    for (const auto& [labels, value] : samples) text += fmt::format("{}{} {}\n", family.name, with_server(labels, server), value);
  }
  return text;
}

std::vector<std::string_view> metric_names() {
  std::vector<std::string_view> names;
  for (const Family& family : families) names.push_back(family.name);
  return names;
}

}  // namespace ingot::show
