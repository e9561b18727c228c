// Reads plan documents. Whatever the bytes are, they are a plan or they are not; texts come out printable.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/show/plan/plan_document.hpp"
#include "reconciler/show/plan/plan_line.hpp"
#include "schema/text/strict_json.hpp"

namespace ingot::show {

namespace {

/// Bytes of one text: the members of a very long series are one intent.
constexpr std::size_t longest_plan_text = std::size_t{16} * 1024 * 1024;

std::string text(const JsonObject& object, std::string_view key) { return std::string(object.text(key)); }
std::string text_or_empty(const JsonObject& object, std::string_view key) { return std::string(object.text_or(key, "")); }

Digest digest(const JsonObject& object, std::string_view key) {
  const auto digest = Digest::parse(object.text(key));
  if (!digest) object.refuse(key, "is not a digest");
  return *digest;
}

ServerName server_name(const JsonObject& object, std::string_view key) {
  auto name = ServerName::parse(object.text(key));
  if (!name) object.refuse(key, "is not a server's name");
  return *std::move(name);
}

std::string server_name_or_empty(const JsonObject& object, std::string_view key) {
  return object.has(key) ? server_name(object, key).text() : "";
}

/// One of the words that plans have.
Code code(const JsonObject& object, std::string_view key) {
  const auto known = parse_code(object.text(key));
  if (!known || *known == Code::none) object.refuse(key, "is no code of this ingot; a newer ingot may have written it");
  return *known;
}

Verb verb(const JsonObject& object) {
  const auto verb = parse_verb(object.text("verb"));
  if (!verb) object.refuse("verb", "is no verb");
  return *verb;
}

/// "FILE:LINE"
std::optional<At> place(const JsonObject& object, std::string_view key) {
  const std::string_view written = object.text_or(key, "");
  if (written.empty()) return std::nullopt;
  const std::size_t colon = written.rfind(':');
  int line = 0;
  const char* const end = written.data() + written.size();
  const char* const begin = colon == std::string_view::npos ? end : written.data() + colon + 1;
  const auto [stop, error] = std::from_chars(begin, end, line);
  if (error != std::errc{} || stop != end || line < 0) object.refuse(key, "is not FILE:LINE");
  return At{.file = std::string(written.substr(0, colon)), .line = line};
}

template <class Take>
void each_object(const JsonObject& object, std::string_view key, Take take) {
  for (const std::uint32_t index : object.list(key)) take(object.object_in(index, key, {}));
}

std::vector<std::string> texts(const JsonObject& object, std::string_view key) {
  std::vector<std::string> list;
  for (const std::uint32_t index : object.list(key)) {
    if (object.node(index).kind != JsonKind::text) object.refuse(key, "holds something that is not a text");
    list.emplace_back(object.node(index).text);
  }
  return list;
}

std::optional<std::uint64_t> number_or_null(const JsonObject& object, std::string_view key) {
  return object.has(key) ? std::optional(object.number(key)) : std::nullopt;
}

std::shared_ptr<const CommitLine> author(const JsonObject& reason) {
  if (!reason.has("commit")) return nullptr;
  return std::make_shared<const CommitLine>(
      CommitLine{.id = text(reason, "commit"), .author = text_or_empty(reason, "author"), .subject = {}});
}

std::optional<ManifestCommit> git(const JsonObject& manifest) {
  if (!manifest.has("git")) return std::nullopt;
  const JsonObject git = manifest.object("git", {});
  return ManifestCommit{.repository = text(git, "repository"),
                        .ref = text_or_empty(git, "ref"),
                        .commit = text(git, "commit"),
                        .blob = text_or_empty(git, "blob"),
                        .dirty = git.flag("dirty")};
}

std::optional<plan::PlanBase> base(const JsonObject& whole) {
  if (!whole.has("base")) return std::nullopt;
  const JsonObject base = whole.object("base", {});
  return plan::PlanBase{.revision = text(base, "revision"),
                        .commit = text(base, "commit"),
                        .whole = digest(base, "plan"),
                        .left_out = base.number("left_out"),
                        .trouble = text_or_empty(base, "trouble")};
}

/// Of those whose detail follows from the intent; of a registration all but the serial.
bool detail_fits(const ShownAction& action) {
  const bool is_type = is_of(AddressKind::imagetype, action.address) && action.verb != Verb::delete_;
  if (is_type) return action.detail == "based on " + plan::result_in(action.intent, "base");
  if (action.verb == Verb::upload) return action.detail == "to " + plan::result_in(action.intent, "to");
  if (action.verb == Verb::instantiate) return action.detail == "since " + plan::result_in(action.intent, "since");
  if (action.verb != Verb::register_) return true;
  const auto url = action.detail.substr(0, action.detail.rfind(", serial "));
  return !url.empty() && (", " + plan::result_in(action.intent, "url") + ", ").find(", " + url + ", ") != std::string::npos;
}

plan::Method method_of(const ShownTransfer& transfer) {
  if (transfer.steps > 0) return plan::Method::delta;
  return transfer.method == "whole" ? plan::Method::whole : plan::Method::reuse;
}

/// What a line shows of an action must be what its intent says: people approve what they read.
void require_fitting_texts(const JsonObject& object, const ShownAction& action) {
  const auto title = title_by_intent(action.address, action.verb, action.intent);
  if (title && *title != action.title) object.refuse("title", "does not match this action: the file was changed");
  const bool of_a_peer = !peer_of_address(action.address.text).empty();
  if (action.verb != Verb::repair && of_a_peer == action.peer.empty()) object.refuse("peer", "is not of this action");
  if (!detail_fits(action)) object.refuse("detail", "does not match this action: the file was changed");
  if (action.verb != Verb::copy) return;
  if (!action.size || !action.transfer) object.refuse("size", "is missing, and so is what is to be fetched");
  const CopyDetail detail{.size = *action.size,
                          .method = method_of(*action.transfer),
                          .from = action.transfer->from,
                          .bytes = action.transfer->bytes,
                          .steps = action.transfer->steps,
                          .name_there = action.title,
                          .name_here = plan::result_in(action.intent, "name"),
                          .state = plan::result_in(action.intent, "state")};
  if (action.detail != detail.text()) object.refuse("detail", "does not match this action: the file was changed");
}

ShownAction action(const JsonObject& object) {
  ShownAction action{.address = {text(object, "address")},
                     .verb = verb(object),
                     .peer = server_name_or_empty(object, "peer"),
                     .name = text_or_empty(object, "name"),
                     .title = text(object, "title"),
                     .detail = text_or_empty(object, "detail"),
                     .because = {},
                     .after = {},
                     .size = number_or_null(object, "size"),
                     .deferred = object.flag("deferred"),
                     .deferred_why = text_or_empty(object, "deferred_why"),
                     .foreseen = object.has("foreseen") ? code(object, "foreseen") : Code::none,
                     .foreseen_why = text_or_empty(object, "foreseen_why"),
                     .transfer = {},
                     .intent = text(object, "intent")};
  each_object(object, "because", [&](const JsonObject& reason) {
    action.because.push_back({.code = code(reason, "code"),
                              .rule = text_or_empty(reason, "rule"),
                              .at = place(reason, "at"),
                              .text = text(reason, "text"),
                              .by = author(reason)});
  });
  if (action.because.empty()) object.refuse("because", "is empty");
  for (auto& after : texts(object, "after")) action.after.push_back({std::move(after)});
  if (object.has("transfer")) {
    const JsonObject transfer = object.object("transfer", {});
    action.transfer = ShownTransfer{.method = text(transfer, "method"),
                                    .from = text_or_empty(transfer, "from"),
                                    .steps = transfer.has("steps") ? transfer.number("steps", 1, plan::most_steps) : 0,
                                    .bytes = transfer.number("bytes")};
    if ((action.transfer->steps > 0) != (action.transfer->method == "delta")) transfer.refuse("steps", "does not fit the method");
  }
  const std::string begin = fmt::format("{} {}", action.address.text, text_of(action.verb));
  if (action.intent != begin && !action.intent.starts_with(begin + " ")) object.refuse("intent", "is not of this action");
  require_fitting_texts(object, action);
  return action;
}

void read_obstacles(const JsonObject& whole, ShownPlan& plan) {
  each_object(whole, "blocked", [&](const JsonObject& one) {
    plan.blocked.push_back({.address = {text(one, "address")},
                            .verb = verb(one),
                            .code = code(one, "code"),
                            .text = text(one, "text"),
                            .mend = text_or_empty(one, "mend"),
                            .at = place(one, "at")});
  });
  each_object(whole, "held", [&](const JsonObject& one) {
    plan.held.push_back({.address = {text(one, "address")},
                         .verb = verb(one),
                         .code = code(one, "code"),
                         .text = text(one, "text"),
                         .mend = text_or_empty(one, "mend"),
                         .because = {}});
  });
  each_object(whole, "unknown", [&](const JsonObject& one) {
    plan.unknown.push_back(
        {.peer = server_name(one, "peer"), .code = code(one, "code"), .text = text(one, "text"), .at = place(one, "at")});
  });
  each_object(whole, "notes", [&](const JsonObject& one) {
    plan.notes.push_back({.code = code(one, "code"), .address = text_or_empty(one, "address"), .text = text(one, "text")});
  });
  each_object(whole, "limits", [&](const JsonObject& one) {
    plan.limits.push_back(
        {.name = text(one, "name"), .used = text(one, "used"), .limit = text(one, "limit"), .where = text(one, "where")});
  });
}

void read_left_out(const JsonObject& whole, ShownPlan& plan) {
  plan.whole = whole.flag("whole");
  if (!whole.has("left_out")) return;
  const JsonObject left_out = whole.object("left_out", {});
  const auto by = plan::parse_left_out(left_out.text("by"));
  if (!by) left_out.refuse("by", "is no flag that leaves something out");
  plan.left_out_by = *by;
  const JsonObject actions = left_out.object("actions", {});
  for (const Verb one : all_verbs) {
    if (actions.has(text_of(one))) plan.left_out[one] = actions.number(text_of(one), 1);
  }
}

ShownPlan plan_of(const JsonObject& whole) {
  const JsonObject server = whole.object("server", {});
  const JsonObject manifest = whole.object("manifest", {});
  ShownPlan plan{.id = digest(whole, "id"),
                 .server = server_name(server, "name"),
                 .id_of_server = {digest(server, "id")},
                 .complete = whole.flag("complete"),
                 .manifest_path = text(manifest, "path"),
                 .manifest_digest = digest(manifest, "digest"),
                 .git = git(manifest),
                 .base = base(whole),
                 .actions = {},
                 .blocked = {},
                 .held = {},
                 .unknown = {},
                 .notes = {},
                 .limits = {},
                 .left_out_by = {},
                 .left_out = {}};
  std::vector<std::string> intents;
  each_object(whole, "actions", [&](const JsonObject& one) {
    plan.actions.push_back(action(one));
    intents.push_back(plan.actions.back().intent);
  });
  if (io::sha256(plan::plan_id_text(plan.id_of_server, intents)) != plan.id)
    whole.refuse("id", "does not match its server and actions: the file was changed, or another version of ingot wrote it");
  read_obstacles(whole, plan);
  read_left_out(whole, plan);
  plan.kept = true;
  make_printable(plan);
  return plan;
}

plan::PlanOptions options_of(const JsonObject& options) {
  return {.raise_removals = number_or_null(options, "raise_removals"),
          .raise_stops = number_or_null(options, "raise_stops"),
          .raise_withdrawals = options.has("raise_withdrawals") ? number_or_null(options, "raise_withdrawals") : std::nullopt,
          .allow_empty = options.flag("allow_empty"),
          .targets = texts(options, "target"),
          .excluded = texts(options, "exclude")};
}

plan::PlanBasis basis_of(const JsonObject& basis) {
  const JsonObject state = basis.object("state", {});
  const auto made = parse_time(basis.text("made"));
  if (!made) basis.refuse("made", "is not a time");
  plan::PlanBasis read{.version = text(basis, "ingot"),
                       .made = *made,
                       .lineage = text(state, "lineage"),
                       .generation = state.number("generation"),
                       .last_run = state.has("run") ? std::optional(text(state, "run")) : std::nullopt,
                       .options = options_of(basis.object("options", {})),
                       .heads = {}};
  each_object(basis, "peers", [&](const JsonObject& peer) {
    read.heads.push_back({.peer = server_name(peer, "name"),
                          .id = {digest(peer, "id")},
                          .serial = peer.number("serial"),
                          .head = digest(peer, "head")});
  });
  return read;
}

/// The last line names the digest of all that stands before it.
void require_digest(const JsonObject& whole, std::string_view bytes) {
  const std::size_t line = bytes.rfind(",\n\"digest\":");
  if (line == std::string_view::npos || io::sha256(bytes.substr(0, line)) != digest(whole, "digest"))
    whole.refuse("digest", "does not match its text: the file was changed");
}

}  // namespace

std::variant<PlanDocument, NotAPlan> parse_plan_document(std::string_view bytes) {
  if (bytes.size() > largest_plan_document)
    return NotAPlan{fmt::format("has {} bytes, more than {}", bytes.size(), largest_plan_document)};
  try {
    StrictJson json(longest_plan_text);
    const JsonObject whole(json.parse(bytes), {});
    whole.require_format("ingot.plan");
    PlanDocument document{.plan = plan_of(whole)};
    if (whole.has("digest") || whole.has("basis")) {
      require_digest(whole, bytes);
      document.basis = basis_of(whole.object("basis", {}));
    }
    return document;
  } catch (const Refusal& refusal) { return NotAPlan{refusal.why}; }
}

}  // namespace ingot::show
