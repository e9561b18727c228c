#include "reconciler/cli/plan_line.hpp"

#include <fmt/format.h>

#include "reconciler/io/terminal.hpp"

namespace ingot {

namespace {

std::string selector_text(const Selector& selector) {
  const std::string value = value_of(selector);
  return value.empty() ? std::string(kind_of(selector)) : fmt::format("{} {}", kind_of(selector), value);
}

/// "3 images: a, b, c", cut short after a few.
std::string members_text(const std::vector<ImageName>& members) {
  constexpr std::size_t most = 6;
  std::string text = fmt::format("{} image{}", members.size(), members.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < members.size() && i < most; ++i) text += (i == 0 ? ": " : ", ") + members[i].text();
  return members.size() > most ? text + ", …" : text;
}

std::string fetch_detail(const ImageEntry& entry, const Transfer& transfer) {
  const std::string size = size_text(entry.size);
  if (transfer.method == Method::whole) return size + fmt::format(", {} to fetch", size_text(transfer.bytes));
  return size +
         (transfer.from ? fmt::format(", nothing to fetch (the bytes of {})", transfer.from->text()) : ", nothing to fetch");
}

std::string copy_detail(const CopyImage& copy) {
  std::string text = fetch_detail(*copy.entry, copy.transfer);
  if (copy.name != copy.entry->name) text += fmt::format(", as {}", copy.name.text());
  if (copy.state != ImageState::published) text += fmt::format(", {}", text_of(copy.state));
  return text;
}

/// The name that a line shows, and beside it what there is to say in a word. An update's reason says what changes.
struct Told {
  std::string name;
  std::string detail;
};

Told told(const RegisterPeer& action) {
  return {action.peer.text(), fmt::format("{}, serial {}", printable(action.head.url), action.head.serial)};
}
Told told(const UpdatePeer& action) {
  std::string detail = action.previous_name == action.peer ? std::string() : fmt::format("was {}", action.previous_name.text());
  if (action.replaces) detail += (detail.empty() ? "" : ", ") + std::string("a new identity");
  return {action.peer.text(), detail};
}
Told told(const UnregisterPeer& action) { return {action.peer.text(), "copies stay"}; }
Told told(const CreateType& action) { return {"type " + action.name.text(), "based on " + action.base.text()}; }
Told told(const UpdateType& action) { return {"type " + action.name.text(), "based on " + action.base.text()}; }
Told told(const DeleteType& action) { return {"type " + action.name.text(), ""}; }
Told told(const Instantiate& action) { return {selector_text(action.row.selector), "since " + printable(action.row.since)}; }
Told told(const UpdateSubscription& action) { return {selector_text(action.row.selector), ""}; }
Told told(const Uninstantiate& action) { return {selector_text(action.selector), "copies stay"}; }
Told told(const AddImage& action) {
  // The size is beside the source that has it: the image of a tree is larger, because it is a tar.
  const std::string from = action.image.source ? "from " + printable(*action.image.source) : "";
  const std::string size = action.source_bytes ? fmt::format(" ({})", size_text(*action.source_bytes)) : "";
  return {action.image.name.text(), from + size};
}
Told told(const UpdateImage& action) { return {action.row.name.text(), ""}; }
Told told(const DeleteImage& action) { return {action.name.text(), ""}; }
Told told(const CreateSeries& action) { return {"series " + action.name.text(), members_text(action.members)}; }
Told told(const UpdateSeries& action) {
  return {"series " + action.name.text(), action.changes.empty() ? members_text(action.members) : ""};
}
Told told(const DeleteSeries& action) { return {"series " + action.name.text(), ""}; }
Told told(const Publish&) { return {"catalog", ""}; }
Told told(const CopyImage& action) { return {action.entry->name.text(), copy_detail(action)}; }
Told told(const FetchAgain& action) { return {action.name.text(), fetch_detail(*action.offers.front().entry, action.transfer)}; }
Told told(const TakeInAgain& action) { return {action.image.name.text(), "from " + printable(action.image.source.value_or(""))}; }
Told told(const UpdateCopy& action) { return {action.row.name.text(), ""}; }
Told told(const WithdrawCopy& action) { return {action.row.name.text(), printable(action.row.reason)}; }
Told told(const RemoveCopy& action) { return {action.name.text(), ""}; }

}  // namespace

std::optional<ServerName> peer_of(const Change& change) {
  return std::visit(
      [](const auto& action) -> std::optional<ServerName> {
        if constexpr (requires { action.peer; })
          return action.peer;
        else if constexpr (requires { action.offers; })
          return action.offers.front().peer;
        else if constexpr (requires { action.row.peer_name; })
          return action.row.peer_name;
        else
          return std::nullopt;
      },
      change.action);
}

PlanLine plan_line(const Change& change) {
  Told text = std::visit([](const auto& action) { return told(action); }, change.action);
  return {peer_of(change), std::move(text.name), std::move(text.detail)};
}

std::string name_in(const Change& change) {
  // Addresses are "kind.NAME", "copy.PEER.NAME", "subscription.PEER.kind.NAME"; only the last name may hold dots.
  const std::string_view address = change.address.text;
  const std::size_t parts_before = address.starts_with("copy.") ? 2 : address.starts_with("subscription.") ? 3 : 1;
  std::size_t from = 0;
  for (std::size_t i = 0; i < parts_before; ++i) {
    const auto dot = address.find('.', from);
    if (dot == std::string_view::npos) return "";
    from = dot + 1;
  }
  return std::string(address.substr(from));
}

}  // namespace ingot
