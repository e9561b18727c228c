#include "reconciler/show/plan/plan_line.hpp"

#include <fmt/format.h>

#include "reconciler/io/terminal.hpp"
#include "reconciler/plan/intent.hpp"

namespace ingot::show {

namespace {

/// "3 images: a, b, c", cut short after a few.
std::string members_text(const std::vector<ImageName>& members) {
  constexpr std::size_t most = 6;
  std::string text = fmt::format("{} image{}", members.size(), members.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < members.size() && i < most; ++i) text += (i == 0 ? ": " : ", ") + members[i].text();
  return members.size() > most ? text + ", …" : text;
}

std::string fetch_detail(std::uint64_t size, plan::Method method, const std::string& from, std::uint64_t bytes,
                         std::size_t steps) {
  const std::string text = size_text(size);
  if (method == plan::Method::whole) return text + fmt::format(", {} to fetch", size_text(bytes));
  if (method == plan::Method::delta) {
    const std::string how = steps > 1 ? fmt::format("{} deltas from {}", steps, from) : "delta from " + from;
    return text + fmt::format(", {} to fetch ({})", size_text(bytes), how);
  }
  return text + (from.empty() ? ", nothing to fetch" : fmt::format(", nothing to fetch (the bytes of {})", from));
}

std::string fetch_detail(const ImageEntry& entry, const plan::Transfer& transfer) {
  return fetch_detail(entry.size, transfer.method, transfer.from ? transfer.from->text() : "", transfer.bytes,
                      transfer.steps.size());
}

CopyDetail detail_of(const plan::CopyImage& copy) {
  return {.size = copy.entry->size,
          .method = copy.transfer.method,
          .from = copy.transfer.from ? copy.transfer.from->text() : "",
          .bytes = copy.transfer.bytes,
          .steps = copy.transfer.steps.size(),
          .name_there = copy.entry->name.text(),
          .name_here = copy.name.text(),
          .state = std::string(text_of(copy.state))};
}

/// The name that a line shows, and beside it what there is to say in a word. An update's reason says what changes.
struct Told {
  std::string name;
  std::string detail;
};

Told told(const plan::RegisterPeer& action) {
  return {action.peer.text(), fmt::format("{}, serial {}", io::printable(action.head.url), action.head.serial)};
}
Told told(const plan::UpdatePeer& action) {
  std::string detail = action.previous_name == action.peer ? std::string() : fmt::format("was {}", action.previous_name.text());
  if (action.replaces) detail += (detail.empty() ? "" : ", ") + std::string("a new identity");
  return {action.peer.text(), detail};
}
Told told(const plan::UnregisterPeer& action) { return {action.peer.text(), "copies stay"}; }
Told told(const plan::CreateType& action) { return {"type " + action.name.text(), "based on " + action.base.text()}; }
Told told(const plan::UpdateType& action) { return {"type " + action.name.text(), "based on " + action.base.text()}; }
Told told(const plan::DeleteType& action) { return {"type " + action.name.text(), ""}; }
Told told(const plan::Instantiate& action) {
  return {selector_text(action.row.selector), "since " + io::printable(action.row.since)};
}
Told told(const plan::UpdateSubscription& action) { return {selector_text(action.row.selector), ""}; }
Told told(const plan::Uninstantiate& action) { return {selector_text(action.selector), "copies stay"}; }
Told told(const plan::AddImage& action) {
  // The size is beside the source that has it: the image of a tree is larger, because it is a tar.
  const std::string from = action.image.source ? "from " + io::printable(*action.image.source) : "";
  const std::string size = action.source_bytes ? fmt::format(" ({})", size_text(*action.source_bytes)) : "";
  return {action.image.name.text(), from + size};
}
Told told(const plan::UpdateImage& action) { return {action.row.name.text(), ""}; }
Told told(const plan::DeleteImage& action) { return {action.name.text(), ""}; }
Told told(const plan::CreateSeries& action) { return {"series " + action.name.text(), members_text(action.members)}; }
Told told(const plan::UpdateSeries& action) {
  return {"series " + action.name.text(), action.changes.empty() ? members_text(action.members) : ""};
}
Told told(const plan::DeleteSeries& action) { return {"series " + action.name.text(), ""}; }
Told told(const plan::Publish&) { return {"catalog", ""}; }
Told told(const plan::CopyImage& action) { return {action.entry->name.text(), detail_of(action).text()}; }
Told told(const plan::FetchAgain& action) {
  return {action.name.text(), fetch_detail(*action.offers.front().entry, action.transfer)};
}
Told told(const plan::TakeInAgain& action) {
  return {action.image.name.text(), "from " + io::printable(action.image.source.value_or(""))};
}
Told told(const plan::AdoptCopy& action) { return {action.row.name.text(), fmt::format("the copy from {}", action.peer.text())}; }
Told told(const plan::UpdateCopy& action) { return {action.row.name.text(), ""}; }
Told told(const plan::WithdrawCopy& action) { return {action.row.name.text(), io::printable(action.row.reason)}; }
Told told(const plan::RemoveCopy& action) { return {action.name.text(), ""}; }
Told told(const plan::ExportImage& action) {
  return {action.image.text(), (action.is_there ? "settings, in " : "to ") + io::printable(action.folder)};
}
Told told(const plan::SwitchLink& action) {
  const std::string& link = action.image ? action.link : action.old_link;
  const std::string where = link.empty() ? io::printable(action.folder) : io::printable(action.folder + "/" + link);
  return {"export " + action.name.text(), action.image ? fmt::format("{} → {}", where, action.image->text()) : where + " goes"};
}
Told told(const plan::MakeDelta& action) {
  const std::string cost = action.reads > 0 ? fmt::format(" (reads {})", size_text(action.reads)) : "";
  return {action.image.text(), "delta from " + action.base.text() + cost};
}
Told told(const plan::UploadTree& action) { return {action.upload.name.text(), "to " + io::printable(place_of(action.upload))}; }
Told told(const plan::Unexport& action) { return {action.row.image.text(), "from " + io::printable(action.row.folder)}; }

}  // namespace

std::optional<ServerName> peer_of(const plan::Change& change) {
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

PlanLine plan_line(const plan::Change& change) {
  Told text = std::visit([](const auto& action) { return told(action); }, change.action);
  return {peer_of(change), std::move(text.name), std::move(text.detail)};
}

namespace {

std::string name_in_address(const Address& address) {
  const auto parts = parts_of(address.text);
  return std::string(parts ? parts->name : std::string_view());
}

}  // namespace

std::string name_in(const plan::Change& change) { return name_in_address(change.address); }

std::optional<std::string> title_by_intent(const Address& address, Verb verb, std::string_view intent) {
  const auto parts = parts_of(address.text);
  const std::string name = name_in_address(address);
  switch (parts ? parts->kind : AddressKind::copy) {
    case AddressKind::catalog: return "catalog";
    case AddressKind::peer:
    case AddressKind::image:
    case AddressKind::upload:
    case AddressKind::delta: return name;
    case AddressKind::imagetype: return "type " + name;
    case AddressKind::series: return "series " + name;
    case AddressKind::subscription: return selector_text(parts->selector, parts->name);
    case AddressKind::export_: return name.empty() ? "export " + std::string(parts->export_name) : name;
    case AddressKind::copy: break;
  }
  if (verb == Verb::copy) return name;
  if (verb == Verb::repair) return std::nullopt;  // the name here, which is not in the intent
  return plan::result_in(intent, "name");
}

std::string CopyDetail::text() const {
  std::string text = fetch_detail(size, method, from, bytes, steps);
  if (name_here != name_there) text += fmt::format(", as {}", name_here);
  if (state != text_of(ImageState::published)) text += fmt::format(", {}", state);
  return text;
}

}  // namespace ingot::show
