#include "reconciler/observe/visit.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"

namespace ingot::observe {

namespace {

struct Advice {
  Code code;
  std::string_view text;
};

/// What the operator of this server can do about a peer; mostly, what to ask its owner.
constexpr std::array advices{
    Advice{Code::bad_signature,
           "its owner has replaced the key and the newest root is not at this URL, or somebody in between has changed the file: "
           "ask the peer's owner"},
    Advice{Code::broken_chain, "its roots of trust do not follow one another: ask the peer's owner which root is the newest"},
    Advice{Code::bad_root, "its roots of trust do not follow one another: ask the peer's owner which root is the newest"},
    Advice{Code::too_many_roots, "the next run goes on from the last one; if it does not end, ask the peer's owner"},
    Advice{Code::rollback,
           "ask the peer's owner which serial and which root are the newest. If a thief has published a higher serial, the owner "
           "publishes above it with \"ingot publish --above\""},
    Advice{Code::jump, "a stolen key may have been used: ask the peer's owner which serial and which root are the newest"},
    Advice{Code::wrong_epoch, "its owner has revoked the older heads, and one of them is served: ask the peer's owner"},
    Advice{Code::equivocation,
           "the peer's key has signed two different catalogs under one number: ask its owner before you trust either"},
    Advice{Code::wrong_server, "check the URL, and that the card belongs to this server"},
    Advice{Code::clock_behind, "check the clock here and at the peer"},
    Advice{Code::from_the_future, "check the clock here and at the peer"},
    Advice{Code::root_expired, "the peer is untrusted until its owner publishes the next root with \"ingot key rotate\""},
    Advice{Code::vanished, "a deleted image leaves a tombstone, so this catalog hides something: ask the peer's owner"},
};

std::string_view advice(Code code) {
  const auto* const found = std::find_if(advices.begin(), advices.end(), [&](const Advice& one) { return one.code == code; });
  return found == advices.end()
             ? "nothing of it is used: ask the peer's owner whether the server or somebody in between is at fault"
             : found->text;
}

}  // namespace

Failure unreachable(const std::string& why, Code detail_code, const std::string& mend) {
  return {plan::Unknown{.code = Code::unreachable,
                        .why = mend.empty() ? why : fmt::format("{}; {}", why, mend),
                        .detail_code = detail_code,
                        .last = {},
                        .mend = mend},
          {}};
}

Failure web_page(const Visit& visit, const std::string& path) {
  return unreachable(fmt::format("{}{}: the answer is a web page, not an ingot file", visit.url, path), Code::none,
                     "another site or a captive portal answers there: check the URL, and the way to it");
}

Failure not_ours(const Visit& visit, const std::string& path, const trust::NotOurs& other) {
  return other.web_page ? web_page(visit, path) : unreachable(fmt::format("{}{}: {}", visit.url, path, other.why));
}

Failure untrusted(const Visit& visit, const std::string& path, const trust::Distrust& distrust) {
  std::string why =
      fmt::format("{}: {}; {}", io::printable(visit.url + path), io::printable(distrust.why), advice(distrust.code));
  return {plan::Unknown{.code = Code::untrusted, .why = std::move(why), .detail_code = distrust.code, .last = {}}, {}};
}

Failure past_its_time(const Visit& visit, const trust::Expired& expired, const plan::SeenHead& head) {
  std::string why =
      fmt::format("{}head.dsse: {}; its owner must run \"ingot publish\"", io::printable(visit.url), io::printable(expired.why));
  return {plan::Unknown{.code = Code::expired, .why = std::move(why), .detail_code = Code::none, .last = head}, {}};
}

Failure not_got(const Visit& visit, const io::Response& response) {
  if (response.status == io::Response::Status::not_found) {
    const bool is_disk = visit.url.starts_with("file://");
    return unreachable(
        response.why, Code::none,
        is_disk ? "check that the disk is mounted there, and that \"ingot bundle\" wrote it: head.dsse must lie in that folder"
                : "check that the URL names the folder with head.dsse: the web server must serve the peer's "
                  "store/public there");
  }
  Failure failure = unreachable(response.why);
  failure.unknown.mend = response.mend;  // the sentence ends with it already
  return failure;
}

std::optional<Floor> higher(const std::optional<Floor>& one, const std::optional<Floor>& other) {
  if (!one || !other) return one ? one : other;
  Floor floor = std::pair(one->epoch, one->serial) < std::pair(other->epoch, other->serial) ? *other : *one;
  floor.root_version = std::max(one->root_version, other->root_version);
  return floor;
}

plan::SeenHead seen_head(const Head& head, const Digest& digest, const std::string& url) {
  return {.id = head.id,
          .own_name = head.name,
          .epoch = head.epoch,
          .serial = head.serial,
          .digest = digest,
          .index = head.index.digest,
          .issued = head.issued,
          .expires = head.expires,
          .url = url,
          .root_version = head.root_version};
}

}  // namespace ingot::observe
