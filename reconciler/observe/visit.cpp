#include "reconciler/observe/visit.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"

namespace ingot {

namespace {

std::string advice(const std::string& code) {
  if (code == "broken-chain" || code == "bad-root") return "its roots of trust do not follow one another: ask the peer's owner which root is the newest";
  if (code == "too-many-roots") return "the next run goes on from the last one; if it does not end, ask the peer's owner";
  if (code == "rollback") return "an old copy is served, by a mirror that lags or by an attacker: ask the peer's owner which serial is the newest";
  if (code == "jump" || code == "wrong-epoch") return "a stolen key may have been used, or an old copy is served: ask the peer's owner which serial and which root are the newest";
  if (code == "equivocation") return "the peer's key has signed two different catalogs under one number: ask its owner before you trust either";
  if (code == "wrong-server") return "check the URL, and that the card is this server's";
  if (code == "clock-behind" || code == "from-the-future") return "check the clock here and at the peer";
  if (code == "root-expired") return "nothing of it is trusted until its owner publishes a new root";
  if (code == "vanished") return "a deleted image leaves a tombstone, so this catalog hides something: ask the peer's owner";
  return "nothing of it is used: ask the peer's owner whether the server or somebody in between is at fault";
}

}  // namespace

Failure unreachable(const std::string& why, const std::string& detail_code, const std::string& mend) {
  return {Unknown{.code = "unreachable", .why = mend.empty() ? why : fmt::format("{}; {}", why, mend), .detail_code = detail_code, .last = {}, .mend = mend}, {}};
}

Failure web_page(const Visit& visit, const std::string& path) {
  return unreachable(fmt::format("{}{}: the answer is a web page, not an ingot file", visit.url, path), "",
                     "another site or a captive portal answers there: check the URL, and the way to it");
}

Failure not_ours(const Visit& visit, const std::string& path, const NotOurs& other) {
  return other.web_page ? web_page(visit, path) : unreachable(fmt::format("{}{}: {}", visit.url, path, other.why));
}

Failure untrusted(const Visit& visit, const std::string& path, const Distrust& distrust) {
  std::string why = fmt::format("{}: {}; {}", printable(visit.url + path), printable(distrust.why), advice(distrust.code));
  return {Unknown{.code = "untrusted", .why = std::move(why), .detail_code = distrust.code, .last = {}}, {}};
}

Failure past_its_time(const Visit& visit, const Expired& expired, const SeenHead& head) {
  std::string why = fmt::format("{}head.dsse: {}; its owner renews it with \"ingot publish\" there", printable(visit.url), printable(expired.why));
  return {Unknown{.code = "expired", .why = std::move(why), .detail_code = "", .last = head}, {}};
}

Failure not_got(const Response& response) {
  if (response.status == Response::Status::not_found) {
    return unreachable(response.why, "", "check that the URL names the folder with head.dsse: the web server must serve the peer's store/public there");
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

SeenHead seen_head(const Head& head, const Digest& digest, const std::string& url) {
  return {.id = head.id, .own_name = head.name, .epoch = head.epoch, .serial = head.serial, .digest = digest, .index = head.index.digest,
          .issued = head.issued, .expires = head.expires, .url = url, .root_version = head.root_version};
}

}  // namespace ingot
