#include "tests/support/plan_case.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "schema/catalog/card.hpp"
#include "schema/manifest/parse_manifest.hpp"
#include "tests/support/case_line.hpp"
#include "tests/support/export_case.hpp"
#include "tests/support/plan_builder.hpp"
#include "tests/support/upload_case.hpp"

namespace ingot::testing_support {

namespace {

ImageState state_of(const std::string& text) {
  const auto state = parse_image_state(text);
  if (!state) throw BadCase("no state: " + text);
  return *state;
}

Labels labels_of(const std::string& text) {
  Labels labels;
  for (const auto& one : split(text, ',')) {
    const auto parts = split(one, ':');
    labels[parts.at(0)] = parts.at(1);
  }
  return labels;
}

SubscriptionOptions options_of(const CaseLine& line) {
  SubscriptionOptions options;
  options.as = line.text("as");
  options.exclude = split(line.text("exclude"), ',');
  if (line.values.contains("latest")) options.latest = static_cast<std::uint32_t>(line.number("latest", 0));
  if (line.values.contains("prune")) options.prune = parse_duration(line.text("prune"));
  if (line.values.contains("priority")) options.priority = static_cast<std::int64_t>(line.number("priority", 0));
  const std::string arrive = line.text("arrive");
  if (arrive == "origin")
    options.arrive.state = std::nullopt;
  else if (!arrive.empty())
    options.arrive.state = state_of(arrive);
  if (line.values.contains("states")) {
    options.states.clear();
    for (const auto& state : split(line.text("states"), ',')) options.states.push_back(state_of(state));
  }
  return options;
}

std::set<std::string> set_of(const std::vector<std::string>& words) { return {words.begin(), words.end()}; }

std::set<Verb> verbs_of(const std::vector<std::string>& words) {
  std::set<Verb> verbs;
  for (const auto& word : words) verbs.insert(parse_verb(word).value());
  return verbs;
}

Time ago(const std::string& text) { return case_now() - parse_duration(text).value_or(Seconds(0)); }

class Reader {
 public:
  PlanCase read(std::string_view text) {
    result_.observed.now = case_now();
    result_.observed.self = case_server("here");
    result_.snapshot.lineage = "0123456789abcdef0123456789abcdef";
    std::string part = "what";
    int number = 0;
    for (std::size_t from = 0; from < text.size();) {
      const auto to = std::min(text.find('\n', from), text.size());
      const std::string_view line = text.substr(from, to - from);
      from = to + 1;
      ++number;
      if (part == "plan") {
        result_.expected += std::string(line) + "\n";
        continue;
      }
      result_.before_plan += std::string(line) + "\n";
      try {
        part = take(part, line);
      } catch (const BadCase& bad) { throw BadCase(fmt::format("line {}: {}", number, bad.what())); }
    }
    finish();
    return std::move(result_);
  }

 private:
  std::string take(const std::string& part, std::string_view line) {
    if (line.starts_with("== ")) return begin(read_line(line.substr(3)));
    if (part == "what")
      result_.what += std::string(line) + "\n";
    else if (part == "manifest")
      manifest_ += std::string(line) + "\n";
    else if (line.empty() || line.starts_with("#"))
      return part;
    else if (part == "state")
      take_state(read_line(line));
    else if (part == "peer")
      take_entry(read_line(line));
    else if (part == "exports")
      take_export_view(read_line(line), result_.observed);
    else if (part == "uploads")
      take_upload_view(read_line(line), result_.observed);
    else if (part == "settled")
      std::get<plan::Settled>(*view_).notes.push_back(
          {Code::adopted, "copy." + peer_ + "." + read_line(line).word(0), "remembered"});
    return part;
  }

  std::string begin(const CaseLine& line) {
    const std::string& part = line.word(0);
    if (part == "peer" || part == "unknown" || part == "settled") begin_peer(part, line);
    if (part == "disk") {
      result_.observed.disk = {.total = line.number("total", 0), .available = line.number("available", 0)};
      if (line.values.contains("garbage")) result_.observed.disk.garbage = line.number("garbage", 0);
    }
    if (part == "partials") {
      for (const auto& [name, held] : line.values) result_.observed.partials[bits(name)] = partial(held);
    }
    if (part == "failing") {
      for (std::size_t i = 1; i < line.words.size(); ++i) result_.snapshot.failing.insert({line.words[i]});
    }
    if (part == "local") result_.observed.local_minute = static_cast<MinuteOfWeek>(line.number("minute", 0));
    if (part == "head-missing") result_.observed.publish_again = "the published head is missing or damaged";
    if (part == "objects") {
      for (std::size_t i = 1; i < line.words.size(); ++i) result_.observed.objects.insert(bits(line.words[i]));
    }
    if (part == "lost") {
      for (std::size_t i = 1; i < line.words.size(); ++i) lost_.insert(bits(line.words[i]));
    }
    if (part == "damaged") damaged_.assign(line.words.begin() + 1, line.words.end());
    if (part == "sources") {
      for (const auto& [name, stamp] : line.values) {
        result_.observed.sources[ImageName::of(name)] =
            stamp == "missing" ? plan::SourceView(plan::SourceMissing{}) : plan::SourceView(source(stamp));
      }
    }
    if (part == "options") {
      if (line.values.contains("raise-removals")) result_.options.raise_removals = line.number("raise-removals", 0);
      if (line.values.contains("raise-stops")) result_.options.raise_stops = line.number("raise-stops", 0);
      if (line.values.contains("raise-withdrawals")) result_.options.raise_withdrawals = line.number("raise-withdrawals", 0);
      result_.options.allow_empty = line.has("allow-empty");
      result_.options.end_despite_unknown = line.has("end-despite-unknown");
      result_.options.targets = split(line.text("target"), ',');
      result_.options.excluded = split(line.text("exclude"), ',');
      if (line.values.contains("only")) result_.options.only = set_of(split(line.text("only"), ','));
      for (const std::string& word : split(line.text("repairs-of"), ',')) {
        if (!result_.options.repairs_of) result_.options.repairs_of.emplace();
        result_.options.repairs_of->insert(bits(word));
      }
      if (line.values.contains("approve")) result_.options.approved = verbs_of(split(line.text("approve"), ','));
    }
    return part;
  }

  /// "BYTES" or, where more is reserved, "BYTES:ON_DISK"
  static plan::PartialCopy partial(const std::string& text) {
    const auto parts = split(text, ':');
    return {.fetched = CaseLine::whole(parts.at(0)), .on_disk = CaseLine::whole(parts.back())};
  }

  /// "STAMP", "STAMP:BYTES" or "STAMP:BYTES:MOUNT,MOUNT"
  static plan::SourceStamp source(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) return {.stamp = text};
    const auto mounts = text.find(':', colon + 1);
    return {.stamp = text.substr(0, colon),
            .bytes = std::stoull(text.substr(colon + 1)),
            .mounts = mounts == std::string::npos ? std::vector<std::string>() : split(text.substr(mounts + 1), ',')};
  }

  void begin_peer(const std::string& part, const CaseLine& line) {
    peer_ = line.word(1);
    plan::SeenHead head = head_of(line.text("card", peer_), line.number("serial", 1));
    head.epoch = line.number("epoch", 1);
    view_ = &views_.try_emplace(peer_, plan::Unknown{}).first->second;
    if (part == "unknown") {
      *view_ = plan::Unknown{.code = parse_code(line.word(2)).value(),
                             .why = line.text("why", "https://" + peer_ + ".example/ did not answer"),
                             .detail_code = Code::none,
                             .last = {}};
    } else if (part == "settled") {
      *view_ = plan::Settled{.head = head, .notes = {}};
    } else {
      catalog_ = std::make_shared<Catalog>();
      publisher_ = head.id;
      plan::PeerCatalog seen{.head = head, .catalog = catalog_};
      if (line.values.contains("remark"))
        seen.remarks.push_back(
            {.code = parse_code(line.text("remark")).value(), .text = line.text("why"), .incomplete = line.has("incomplete")});
      *view_ = std::move(seen);
    }
  }

  void take_entry(const CaseLine& line) {
    const std::string& kind = line.word(0);
    if (kind == "image")
      take_image(line);
    else if (kind == "gone")
      take_gone(line);
    else if (kind == "series")
      take_series(line);
    else if (kind == "type")
      catalog_->types.push_back({.name = TypeName::of(line.word(1)), .base = TypeName::of(line.text("base", "SOFTWARE"))});
    else
      throw BadCase("a catalog has no \"" + kind + "\"");
  }

  ImageIdentity identity(const std::string& text) const {
    const auto parts = split(text, '@');
    const auto name = ImageName::of(parts.at(0));
    if (parts.size() > 1) return {.origin = publisher_, .name = name, .created = CaseLine::whole(parts[1])};
    for (const auto& image : catalog_->images) {
      if (image.name == name) return image.identity;
    }
    for (const auto& gone : catalog_->deleted) {
      if (gone.identity.name == name) return gone.identity;
    }
    throw BadCase("no image above is named " + text);
  }

  void take_image(const CaseLine& line) {
    const std::string& name = line.word(1);
    const ServerId origin = line.values.contains("origin") ? case_server(line.text("origin")) : publisher_;
    ImageEntry image = entry(origin, name, line.number("created", 1));
    image.origin_name = ServerName::of(line.text("origin", peer_));
    if (origin != publisher_) image.copied_from = image.origin_name;
    image.digest = bits(line.text("bits", name));
    image.size = line.number("size", image.size);
    image.packed = line.has("no-bytes") ? std::nullopt : std::optional(packed_of(image.digest, line.number("packed", 400'000)));
    image.type = TypeName::of(line.text("type", default_type().text()));
    image.kind = parse_image_kind(line.text("kind", "file")).value();
    image.version = line.text("version");
    image.platform = line.text("platform");
    image.description = line.text("description");
    image.reason = line.text("reason");
    image.labels = labels_of(line.text("labels"));
    for (const auto& delta : split(line.text("deltas"), ',')) {
      const auto parts = split(delta, ':');
      image.deltas.push_back({.base = bits(parts.at(0)),
                              .base_size = entry(origin, name, 1).size,
                              .file = {bits("delta " + parts.at(0) + " " + name), CaseLine::whole(parts.at(1))}});
    }
    if (line.values.contains("states")) {
      image.states.clear();
      for (const auto& state : split(line.text("states"), ',')) {
        const auto parts = split(state, ':');
        image.states.push_back({.state = state_of(parts.at(0)), .since = CaseLine::whole(parts.at(1))});
      }
    }
    if (line.values.contains("parent")) image.parent = identity(line.text("parent"));
    catalog_->images.push_back(std::move(image));
  }

  void take_gone(const CaseLine& line) {
    ImageTombstone gone{
        .identity = {.origin = publisher_, .name = ImageName::of(line.word(1)), .created = line.number("created", 1)},
        .deleted = line.number("deleted", 2),
        .digest = bits(line.text("bits", line.word(1))),
        .type = default_type(),
        .parent = {}};
    if (line.values.contains("parent")) gone.parent = identity(line.text("parent"));
    catalog_->deleted.push_back(std::move(gone));
  }

  /// "series S : a@5 b@9": the number is the serial at which it came into the series.
  void take_series(const CaseLine& line) {
    SeriesEntry series{.name = SeriesName::of(line.word(1)), .created = 1, .members = {}};
    for (std::size_t i = 3; i < line.words.size(); ++i) {
      const auto parts = split(line.words[i], '@');
      series.members.push_back({.image = identity(parts.at(0)), .added = CaseLine::whole(parts.at(1))});
    }
    catalog_->series.push_back(std::move(series));
  }

  void take_state(const CaseLine& line) {
    const std::string& kind = line.word(0);
    state::Snapshot& snapshot = result_.snapshot;
    if (kind == "published")
      snapshot.published_serial = CaseLine::whole(line.word(1));
    else if (kind == "pending")
      snapshot.content_pending = true;
    else if (kind == "total")
      total_ = CaseLine::whole(line.word(1));
    else if (kind == "peer")
      take_registration(line);
    else if (kind == "subscription")
      take_subscription(line);
    else if (kind == "type")
      snapshot.types.push_back({.name = TypeName::of(line.word(1)),
                                .base = TypeName::of(line.text("base", "SOFTWARE")),
                                .managed = !line.has("unmanaged"),
                                .images = 0});
    else if (kind == "own")
      take_own(line);
    else if (kind == "copy")
      take_copy(line);
    else if (kind == "upload")
      take_upload(line, snapshot);
    else if (kind == "delta")
      snapshot.deltas.push_back(
          {.image = bits(line.word(1)),
           .base = bits(line.word(2)),
           .base_size = 1,
           .file = line.has("not-kept") ? std::nullopt : std::optional(Piece{bits("delta of " + line.word(1)), 9})});
    else if (kind == "series")
      take_series_row(line);
    else if (kind == "export")
      take_export(line, snapshot);
    else if (kind == "exported")
      take_exported(line, bits(line.text("bits", line.word(3))), snapshot, result_.observed);
    else
      throw BadCase("a state has no \"" + kind + "\"");
  }

  void take_registration(const CaseLine& line) {
    const std::string card = line.text("card", line.word(1));
    result_.snapshot.registrations.push_back(registration(line.word(1), card, line.number("serial", 1)));
  }

  void take_subscription(const CaseLine& line) {
    const std::string& kind = line.word(2);
    const auto selector = parse_selector(kind, kind == "all" ? "" : line.word(3));
    if (!selector) throw BadCase("no selector: " + kind);
    const std::string card = line.text("card", line.word(1));
    state::SubscriptionRow row{.peer = case_server(card),
                               .peer_name = ServerName::of(line.word(1)),
                               .selector = *selector,
                               .baseline = line.number("baseline", 0),
                               .since = line.text("since", "now"),
                               .options = options_text_without_since(options_of(line)),
                               .rule = subscription_address(ServerName::of(line.word(1)), *selector).text,
                               .instantiated = case_now() - Seconds(86'400),
                               .stopped = {},
                               .copies = line.number("copies", 0)};
    if (line.values.contains("stopped")) row.stopped = line.number("stopped", 0);
    result_.snapshot.subscriptions.push_back(std::move(row));
  }

  state::ImageRow row_of(const CaseLine& line) {
    state::ImageRow row = image_row(next_key_++, line.word(1));
    row.digest = bits(line.text("bits", line.word(1)));
    row.type = TypeName::of(line.text("type", default_type().text()));
    row.kind = parse_image_kind(line.text("kind", "file")).value();
    row.reason = line.text("reason");
    row.version = line.text("version");
    row.description = line.text("description");
    row.labels = labels_of(line.text("labels"));
    row.state = state_of(line.text("state", "PUBLISHED"));
    row.protect = line.has("protect");
    row.deleted = line.has("deleted");
    row.parent_name = line.text("parent");
    for (const auto& other : result_.snapshot.images) {
      if (!row.parent_name.empty() && other.name.text() == row.parent_name) row.parent = other.key;
    }
    return row;
  }

  void take_own(const CaseLine& line) {
    state::ImageRow row = row_of(line);
    row.is_private = line.has("private");
    row.managed = !line.has("unmanaged");
    row.source_stamp = line.text("stamp");
    if (!row.is_private && !line.has("unpublished")) {
      row.was_public = true;
      row.created = line.number("created", 1);
      row.identity = ImageIdentity{.origin = case_server("here"), .name = row.name, .created = *row.created};
    }
    row.rule = line.text("rule", image_address(row.name).text);
    result_.snapshot.images.push_back(std::move(row));
  }

  void take_copy(const CaseLine& line) {
    state::ImageRow row = row_of(line);
    const std::string from = line.text("from");
    row.copy = true;
    row.identity = ImageIdentity{.origin = case_server(line.text("card", from)),
                                 .name = ImageName::of(line.text("image", line.word(1))),
                                 .created = line.number("created", 1)};
    row.copied_from = ServerName::of(from);
    row.origin_name = ServerName::of(from);
    row.rule = line.text("rule", "subscription." + from + ".all");
    row.withdrawn_by_origin = line.has("withdrawn");
    if (line.values.contains("unwanted")) row.unwanted_since = ago(line.text("unwanted"));
    result_.snapshot.images.push_back(std::move(row));
  }

  void take_series_row(const CaseLine& line) {
    state::SeriesRow row{
        .name = SeriesName::of(line.word(1)), .managed = !line.has("unmanaged"), .members = {}, .follow = {}, .wanted = {}};
    if (line.values.contains("follow")) {
      const auto parts = split(line.text("follow"), '/');
      row.follow = Follow{.peer = ServerName::of(parts.at(0)), .series = SeriesName::of(parts.at(1))};
    }
    for (const auto& name : split(line.text("members"), ',')) {
      const auto& images = result_.snapshot.images;
      const auto found = std::find_if(images.begin(), images.end(),
                                      [&](const state::ImageRow& one) { return one.name.text() == name && !one.deleted; });
      row.members.push_back({.image = found == images.end() ? 9999 : found->key, .name = ImageName::of(name)});
    }
    result_.snapshot.series.push_back(std::move(row));
  }

  void finish() {
    result_.manifest = case_manifest(manifest_);
    for (const auto& entry : result_.manifest.exports) {
      result_.observed.export_folders.emplace(entry.name, entry.to);
      result_.observed.exports[{entry.name, entry.to}];
    }
    for (const auto& peer : result_.manifest.peers) {
      const auto found = views_.find(peer.name.text());
      const bool own = peer.card.id == result_.observed.self;
      if (peer.retired) {
        result_.observed.peers.emplace_back(plan::RetiredPeer{});
        continue;
      }
      if (found == views_.end() && !own) throw BadCase("nothing says what was seen of peer " + peer.name.text());
      result_.observed.peers.push_back(own ? plan::PeerView(plan::OwnPeer{}) : found->second);
    }
    settle_snapshot(result_.snapshot);
    for (const auto& row : result_.snapshot.images) {
      if (!lost_.contains(row.digest)) result_.observed.objects.insert(row.digest);
    }
    for (const std::string& name : damaged_) note_damaged(name);
    if (total_ > 0) result_.snapshot.images_total = total_;
  }

  /// "NAME" or "NAME:left-out"
  void note_damaged(const std::string& text) {
    const std::string name = text.substr(0, text.find(':'));
    const auto& images = result_.snapshot.images;
    const auto row = std::find_if(images.begin(), images.end(),
                                  [&](const state::ImageRow& one) { return one.name.text() == name && !one.deleted; });
    if (row == images.end()) throw BadCase("no image here is named " + name);
    result_.observed.objects.erase(row->digest);
    result_.observed.damaged.push_back(
        {.address = row->copy ? copy_address(*row->copied_from, row->identity->name) : image_address(row->name),
         .name = row->name,
         .copy = row->copy,
         .path = "b/" + name,
         .why = "is gone",
         .key = row->key,
         .digest = row->digest,
         .left_out = text.ends_with(":left-out")});
  }

  PlanCase result_;
  std::vector<std::string> damaged_;
  std::string manifest_;
  std::map<std::string, plan::PeerView> views_;
  plan::PeerView* view_ = nullptr;
  std::string peer_;
  std::set<Digest> lost_;
  ServerId publisher_;
  std::shared_ptr<Catalog> catalog_;
  state::ImageKey next_key_ = 1;
  std::uint64_t total_ = 0;
};

}  // namespace

PlanCase read_case(std::string_view text) { return Reader().read(text); }

ServerId case_server(std::string_view word) { return ServerId{io::sha256(std::string("server ") + std::string(word))}; }

Time case_now() { return Time(Seconds(1'795'000'000)); }

Manifest case_manifest(std::string_view toml) {
  // The first line is ours, so that a case need not say it.
  std::string text = "manifest = 1\n" + std::string(toml);
  if (text.find("[server]") == std::string::npos) text += "\n[server]\nname = \"here\"\ndeltas = false\n";
  const ManifestFiles files{
      .read = [&](const std::string& path) -> std::variant<std::string, Unreadable> {
        if (path.ends_with("ingot.toml")) return text;
        const std::string word = path.substr(0, path.find('.'));
        return write_card({.name = ServerName::of(word), .url = "https://" + word + ".example/", .id = case_server(word)});
      },
      .glob = [](const std::string&, const std::string&) { return std::vector<std::string>{}; },
      .digest = [](std::string_view bytes) { return io::sha256(bytes); },
  };
  auto parsed = parse_manifest("ingot.toml", files);
  if (const auto* problems = std::get_if<Problems>(&parsed)) {
    std::string all;
    for (const auto& problem : *problems) all += "\n  " + problem.line_text();
    throw BadCase("the manifest is wrong:" + all);
  }
  return std::get<Manifest>(std::move(parsed));
}

}  // namespace ingot::testing_support
