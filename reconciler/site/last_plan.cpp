#include "reconciler/site/last_plan.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "reconciler/io/printable.hpp"
#include "schema/overloaded.hpp"

namespace ingot::site {

namespace {

constexpr std::uint64_t largest_last_plan = 16 * 1024 * 1024;

std::string last_plan_folder(const Site& site) { return state_folder(site.manifest.server) + "/cache"; }
std::string last_plan_path(const Site& site) { return last_plan_folder(site) + "/last-plan"; }

std::string rest_of(std::istringstream& line) {
  std::string rest;
  std::getline(line >> std::ws, rest);
  return rest;
}

void take_peer(std::istringstream& line, LastPlan& last) {
  std::string id, status, asked, serial, seen, url;
  line >> id >> status >> asked >> serial >> seen >> url;
  const auto digest = Digest::parse(id);
  const auto time = parse_time(asked);
  const auto code = parse_code(status);
  if (!line || !digest || !time || !code) return;
  LastView view{.status = *code,
                .asked = *time,
                .serial = std::nullopt,
                .seen = parse_time(seen),
                .text = rest_of(line),
                .url = url == "-" ? "" : url};
  Serial number = 0;
  if (std::from_chars(serial.data(), serial.data() + serial.size(), number).ec == std::errc{}) view.serial = number;
  last.peers.emplace(ServerId{*digest}, std::move(view));
}

}  // namespace

LastView last_view(const plan::PeerView& view, Time now, const std::optional<LastView>& before) {
  const auto ok = [&](const plan::SeenHead& head) {
    return LastView{.status = Code::ok, .asked = now, .serial = head.serial, .seen = now, .text = "", .url = head.url};
  };
  const auto not_had = [&](const plan::Unknown& unknown) {
    LastView last{
        .status = unknown.code, .asked = now, .serial = std::nullopt, .seen = std::nullopt, .text = io::printable(unknown.why)};
    if (before) last.serial = before->serial, last.seen = before->seen, last.url = before->url;
    if (unknown.last) last.serial = std::max(last.serial.value_or(0), unknown.last->serial);
    return last;
  };
  return std::visit(
      Overloaded{
          [&](const plan::PeerCatalog& seen) { return ok(seen.head); }, [&](const plan::Settled& seen) { return ok(seen.head); },
          [&](const plan::OwnPeer&) {
            return LastView{
                .status = Code::ok, .asked = now, .serial = std::nullopt, .seen = std::nullopt, .text = "this server itself"};
          },
          [&](const plan::RetiredPeer&) {
            LastView last{.status = Code::retired, .asked = now, .serial = std::nullopt, .seen = std::nullopt, .text = ""};
            if (before) last.serial = before->serial, last.seen = before->seen, last.url = before->url;
            return last;
          },
          not_had},
      view);
}

std::string write_last_plan(const LastPlan& last) {
  std::string text = "ingot.last-plan/3\n";
  for (const auto& [id, view] : last.peers) {
    text += fmt::format("peer {} {} {} {} {} {} {}\n", id.text(), text_of(view.status), time_text(view.asked),
                        view.serial ? std::to_string(*view.serial) : "-", view.seen ? time_text(*view.seen) : "-",
                        view.url.empty() ? "-" : view.url, io::printable(view.text));
  }
  for (const auto& [address, why] : last.blocked) text += fmt::format("blocked {} {}\n", address, io::printable(why));
  for (const auto& [address, why] : last.suspended) text += fmt::format("suspended {} {}\n", address, io::printable(why));
  return text;
}

LastPlan parse_last_plan(std::string_view text) {
  LastPlan last;
  if (!text.starts_with("ingot.last-plan/3\n")) return last;
  std::istringstream lines{std::string(text)};
  for (std::string one; std::getline(lines, one);) {
    std::istringstream line(one);
    std::string kind, address;
    line >> kind;
    if (kind == "peer") take_peer(line, last);
    if (kind != "blocked" && kind != "suspended") continue;
    if (line >> address) (kind == "blocked" ? last.blocked : last.suspended).emplace(address, rest_of(line));
  }
  return last;
}

LastPlan read_last_plan(const Site& site) {
  try {
    const auto text = io::read_file_if_there(site.files, last_plan_path(site), largest_last_plan);
    return text ? parse_last_plan(*text) : LastPlan{};
  } catch (const Error&) {
    return {};  // it is only a cache
  }
}

std::optional<std::string> why_suspended(const LastPlan& last, const state::ImageRow& image, const Manifest& manifest) {
  if (!image.copy || !image.identity || last.suspended.empty()) return std::nullopt;
  for (const PeerEntry& peer : manifest.peers) {
    if (peer.card.id != image.identity->origin) continue;
    const auto found = last.suspended.find(copy_address(peer.name, image.identity->name).text);
    if (found != last.suspended.end()) return found->second;
  }
  return std::nullopt;
}

std::optional<LastView> view_of(const LastPlan& last, const ServerId& peer) {
  const auto view = last.peers.find(peer);
  return view == last.peers.end() ? std::nullopt : std::optional(view->second);
}

void keep_last_plan(const Site& site, const plan::Observed& observed, const plan::Plan& plan) {
  const LastPlan before = read_last_plan(site);
  LastPlan last;
  for (std::size_t i = 0; i < site.manifest.peers.size(); ++i) {
    const ServerId& id = site.manifest.peers[i].card.id;
    last.peers[id] = last_view(observed.peers[i], observed.now, view_of(before, id));
  }
  if (!plan.whole) last.blocked = before.blocked, last.suspended = before.suspended;  // a part of a plan does not know them all
  for (const auto& held : plan.held) {
    if (held.verb == Verb::withdraw) last.suspended.insert_or_assign(held.address.text, held.text);
  }
  for (const auto& blocked : plan.blocked) {
    if (is_of(AddressKind::subscription, blocked.address)) last.blocked.insert_or_assign(blocked.address.text, blocked.text);
  }
  try {
    io::make_folders(site.files, last_plan_folder(site));
    // No sync: a file that a power cut leaves empty says nothing, and nothing depends on it.
    io::replace_file_unsynced(site.files, last_plan_path(site), write_last_plan(last), 0644);
  } catch (const Error&) {
    // It is only a cache: a read-only disk is no fault.
  }
}

}  // namespace ingot::site
