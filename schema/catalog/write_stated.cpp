// What a server says of its state → bytes: JSON lines, the same for the same state on every machine.
#include <stdexcept>

#include <fmt/format.h>

#include "schema/catalog/write_catalog.hpp"
#include "schema/text/json_text.hpp"
#include "schema/text/text.hpp"

namespace ingot {

namespace {

/// `{"kind":"name"`, then members; the newline with end().
class StatedLine {
 public:
  StatedLine(std::string& text, std::string_view kind, std::string_view name) : text_(text) {
    text_ += '{';
    put(kind, name);
  }
  StatedLine& with(std::string_view key, std::string_view value) {
    text_ += ',';
    put(key, value);
    return *this;
  }
  StatedLine& with(std::string_view key, bool value) {
    text_ += fmt::format(",\"{}\":{}", key, value);
    return *this;
  }
  StatedLine& with_number(std::string_view key, std::uint64_t value) {
    text_ += fmt::format(",\"{}\":{}", key, value);
    return *this;
  }
  template <class Name>
  StatedLine& with_name(std::string_view key, const std::optional<Name>& name) {
    return name ? with(key, std::string_view(name->text())) : *this;
  }
  StatedLine& with_list(std::string_view key, const std::vector<std::string>& values) {
    text_ += fmt::format(",\"{}\":[", key);
    for (const auto& value : values) {
      if (text_.back() != '[') text_ += ',';
      append_checked(value);
    }
    text_ += ']';
    return *this;
  }
  void end() { text_ += "}\n"; }

 private:
  void put(std::string_view key, std::string_view value) {
    text_ += fmt::format("\"{}\":", key);
    append_checked(value);
  }
  void append_checked(std::string_view value) {
    if (const auto why = why_not_a_text(value, longest_stated_text))
      throw std::length_error(fmt::format("a text of the state {}: {}", *why, excerpt(value)));
    append_text(text_, value);
  }

  std::string& text_;
};

void append(std::string& text, const StatedPeer& peer) {
  StatedLine(text, "peer", peer.name.text())
      .with("name", std::string_view(peer.own_name.text()))
      .with("id", peer.id.text())
      .with_list("urls", peer.urls)
      .end();
}

void append(std::string& text, const StatedSubscription& one) {
  StatedLine line(text, "subscription", kind_of(one.selector));
  line.with("value", value_of(one.selector)).with("peer", std::string_view(one.peer_name.text())).with("id", one.peer.text());
  line.with_number("baseline", one.baseline).with("since", one.since).with("options", one.options).with("rule", one.rule);
  if (one.stopped) line.with_number("stopped", *one.stopped);
  line.end();
}

void append(std::string& text, const StatedType& type) {
  StatedLine(text, "imagetype", type.name.text())
      .with("base", std::string_view(type.base.text()))
      .with("managed", type.managed)
      .end();
}

void append(std::string& text, const StatedImage& image) {
  StatedLine line(text, "image", image.name.text());
  line.with("managed", image.managed)
      .with("protect", image.protect)
      .with_name("parent", image.parent)
      .with_name("parent_now", image.parent_now);
  if (image.under_withdrawal) line.with("under_withdrawal", std::string_view(text_of(*image.under_withdrawal)));
  if (image.unwanted_since) line.with("unwanted_since", time_text(*image.unwanted_since));
  if (!image.rule.empty()) line.with("rule", image.rule);
  line.end();
}

void append(std::string& text, const StatedSeries& series) {
  StatedLine line(text, "series", series.name.text());
  line.with("managed", series.managed);
  if (series.follow)
    line.with("peer", std::string_view(series.follow->peer.text()))
        .with("follows", std::string_view(series.follow->series.text()));
  line.end();
}

}  // namespace

std::string write_stated(const Stated& stated) {
  std::string text = fmt::format("{{\"format\":\"ingot.state/1\",\"copies_published\":{}}}\n", stated.copies_published);
  for (const auto& one : stated.peers) append(text, one);
  for (const auto& one : stated.subscriptions) append(text, one);
  for (const auto& one : stated.types) append(text, one);
  for (const auto& one : stated.images) append(text, one);
  for (const auto& one : stated.series) append(text, one);
  if (text.size() > largest_stated) throw std::length_error("what there is to say of the state is longer than 64 MiB");
  return text;
}

}  // namespace ingot
