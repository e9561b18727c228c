// Intents as they are written: address, verb and intended result, so that no two different results read alike.
#include <algorithm>

#include "reconciler/plan/intent.hpp"
#include "schema/overloaded.hpp"

namespace ingot::plan {

namespace {

/// Writes `key="value"`. Plain appending: a plan may have 100,000 lines.
class Line {
 public:
  Line(const Change& change, std::string& text) : text_(text) {
    text_.append(change.address.text).append(" ").append(text_of(change.verb));
  }

  Line& with(std::string_view key, std::string_view value) {
    text_.append(" ").append(key).append("=\"");
    for (;;) {
      const auto special = std::find_if(value.begin(), value.end(), [](char c) { return c == '"' || c == '\\' || c == '\n'; });
      text_.append(value.begin(), special);
      if (special == value.end()) break;
      text_.append(*special == '\n' ? "\\n" : *special == '"' ? "\\\"" : "\\\\");
      value.remove_prefix(static_cast<std::size_t>(special - value.begin()) + 1);
    }
    text_ += '"';
    return *this;
  }
  Line& with(std::string_view key, bool value) { return with(key, std::string_view(value ? "true" : "false")); }
  template <class Items, class Show>
  Line& with_each(std::string_view key, const Items& items, Show show) {
    for (const auto& item : items) with(key, show(item));
    return *this;
  }

 private:
  std::string& text_;
};

std::string as_is(const std::string& text) { return text; }

void write_peer(Line& line, const Card& card, const std::vector<std::string>& urls) {
  line.with("id", card.id.text()).with("name", card.name.text()).with_each("url", urls, as_is);
}

void write_labels(Line& line, const Labels& labels) {
  for (const auto& [label, value] : labels) line.with("label", label).with("value", value);
}

void write_subscription(Line& line, const state::SubscriptionRow& row) {
  line.with("peer", row.peer.text()).with("since", row.since).with("options", row.options);
}

void write_local(Line& line, const LocalImage& image) {
  auto exclude = image.exclude;
  std::sort(exclude.begin(), exclude.end());
  line.with("type", image.type.text())
      .with("digest", image.digest ? image.digest->text() : "")
      .with_each("exclude", exclude, as_is);
  if (image.cross_mounts) line.with("cross_mounts", true);
  line.with("parent", image.parent ? image.parent->text() : "")
      .with("version", image.version)
      .with("state", text_of(image.state));
  line.with("reason", image.reason).with("private", image.is_private).with("platform", image.platform);
  line.with("description", image.description).with("protect", image.protect);
  write_labels(line, image.labels);
}

void write_row(Line& line, const state::ImageRow& row) {
  line.with("name", row.name.text())
      .with("digest", row.digest.text())
      .with("version", row.version)
      .with("state", text_of(row.state));
  line.with("reason", row.reason)
      .with("withdrawn", row.withdrawn_by_origin)
      .with("private", row.is_private)
      .with("platform", row.platform);
  line.with("description", row.description).with("protect", row.protect);
  write_labels(line, row.labels);
}

void write_identity(Line& line, const ImageIdentity& identity) {
  line.with("origin", identity.origin.text())
      .with("image", identity.name.text())
      .with("created", std::to_string(identity.created));
}

void write_copy_row(Line& line, const state::ImageRow& row) {
  if (row.identity) write_identity(line, *row.identity);
  write_row(line, row);
}

void write_series(Line& line, const std::vector<ImageName>& members, const std::optional<Follow>& follow) {
  line.with_each("member", members, [](const ImageName& name) { return name.text(); });
  if (follow) line.with("peer", follow->peer.text()).with("follows", follow->series.text());
}

void write_type(Line& line, const TypeName& base, bool managed) { line.with("base", base.text()).with("managed", managed); }

void write_new_copy(Line& line, const CopyImage& copy) {
  write_identity(line, copy.entry->identity);
  line.with("digest", copy.entry->digest.text())
      .with("name", copy.name.text())
      .with("state", text_of(copy.state))
      .with("protect", copy.protect);
}

void write_export(Line& line, const ExportImage& one) {
  line.with("to", one.folder)
      .with("owner", one.rule.owner.value_or(""))
      .with("mode", mode_text(one.rule))
      .with_each("changes", one.rule.changes, as_is);
}

void write_switch(Line& line, const SwitchLink& one) {
  line.with("link", one.link).with("image", one.image ? one.image->text() : "").with("gone", one.old_link);
  line.with_each("run", one.run, as_is);
}

void write_result(Line& line, const Action& action) {
  std::visit(Overloaded{[&](const RegisterPeer& one) { write_peer(line, one.card, one.urls); },
                        [&](const UpdatePeer& one) {
                          write_peer(line, one.card, one.urls);
                          line.with("replaces", one.replaces ? one.replaces->text() : "");
                        },
                        [&](const UnregisterPeer& one) { line.with("id", one.id.text()); },
                        [&](const CreateType& one) { write_type(line, one.base, one.managed); },
                        [&](const UpdateType& one) { write_type(line, one.base, one.managed); },
                        [](const DeleteType&) {},
                        [&](const Instantiate& one) { write_subscription(line, one.row); },
                        [&](const UpdateSubscription& one) { write_subscription(line, one.row); },
                        [&](const Uninstantiate& one) { line.with("peer", one.id.text()); },
                        [&](const AddImage& one) { write_local(line, one.image); },
                        [&](const UpdateImage& one) { write_row(line, one.row); },
                        [&](const DeleteImage& one) { line.with("name", one.name.text()); },
                        [&](const CreateSeries& one) { write_series(line, one.members, one.follow); },
                        [&](const UpdateSeries& one) { write_series(line, one.members, one.follow); },
                        [](const DeleteSeries&) {},
                        [](const Publish&) {},
                        [&](const CopyImage& one) { write_new_copy(line, one); },
                        [&](const FetchAgain& one) { line.with("digest", one.offers.front().entry->digest.text()); },
                        [&](const TakeInAgain& one) { line.with("digest", one.digest.text()); },
                        [&](const AdoptCopy& one) { write_row(line, one.row); },
                        [&](const UpdateCopy& one) { write_copy_row(line, one.row); },
                        [&](const WithdrawCopy& one) { write_copy_row(line, one.row); },
                        [&](const RemoveCopy& one) { line.with("name", one.name.text()); },
                        [&](const ExportImage& one) { write_export(line, one); },
                        [&](const SwitchLink& one) { write_switch(line, one); },
                        [&](const Unexport& one) { line.with("to", one.row.folder).with("digest", one.row.digest.text()); },
                        [&](const MakeDelta& one) { line.with("from", one.base.text()); },
                        [&](const UploadTree& one) { line.with("to", place_of(one.upload)); }},
             action);
}

}  // namespace

std::string intent_of(const Change& change) {
  std::string text;
  Line line(change, text);
  write_result(line, change.action);
  return text;
}

namespace {

/// A plan of one server is approved for no other, be it the same in every line.
std::string id_text_begin(const ServerId& server) { return "ingot.plan/1\nserver " + server.text() + "\n"; }

/// Publications, uploads and deltas change nothing that anybody approves, and whether there are any depends on what is known of
/// sources and stores.
bool counts(Verb verb) { return verb != Verb::publish && verb != Verb::upload && verb != Verb::delta; }
bool counts(std::string_view intent) {
  const std::string_view address = intent.substr(0, intent.find(' '));
  return intent != "catalog publish" && !is_of(AddressKind::delta, address) && !is_of(AddressKind::upload, address);
}

}  // namespace

std::string plan_id_text(const Plan& plan) {
  std::string text = id_text_begin(plan.id_of_server);
  for (const auto& change : plan.actions) {
    if (!counts(change.verb)) continue;
    Line line(change, text);
    write_result(line, change.action);
    text += '\n';
  }
  return text;
}

std::string plan_id_text(const ServerId& server, const std::vector<std::string>& intents) {
  std::string text = id_text_begin(server);
  for (const auto& intent : intents) {
    if (counts(intent)) text.append(intent) += '\n';
  }
  return text;
}

}  // namespace ingot::plan
