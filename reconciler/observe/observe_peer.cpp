#include "reconciler/observe/observe_peer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/read_catalog.hpp"
#include "reconciler/observe/read_head.hpp"
#include "reconciler/observe/visit.hpp"
#include "schema/error.hpp"

namespace ingot {

namespace {

std::optional<Failure> changed_identity(const PeerEntry& peer, const KnownPeer& known) {
  if (!known.registered_id || *known.registered_id == peer.card.id || peer.replaces == known.registered_id) return std::nullopt;
  std::string why = fmt::format(
      "the card \"{}\" pins the server {}, but \"{}\" is registered as {}: it was not asked. If the peer really has a new root, "
      "say replaces = \"{}\" in its entry",
      printable(peer.card_path), peer.card.id.text(), peer.name.text(), known.registered_id->text(), known.registered_id->text());
  return Failure{Unknown{.code = "untrusted", .why = std::move(why), .detail_code = "identity-changed", .last = {}}, {}};
}

/// Equivocation is not forgotten by itself.
std::optional<Failure> old_evidence(const PeerEntry& peer, PeerMemory& memory) {
  if (!memory.has_evidence(peer.card.id)) return std::nullopt;
  std::string why = fmt::format(
      "two contradicting heads that its key has signed are kept in \"{}\": it was not asked. Talk to its owner; to trust it "
      "again, remove that folder",
      printable(memory.evidence_folder(peer.card.id)));
  return Failure{Unknown{.code = "untrusted", .why = std::move(why), .detail_code = "equivocation", .last = {}}, {}};
}

bool is_settled(const SettledMark& mark, const SeenHead& head, const KnownPeer& known, Time now) {
  return mark.fingerprint == settled_fingerprint(head, known) && (!mark.until || now < *mark.until);
}

struct Content {
  std::shared_ptr<const Catalog> catalog;
  std::shared_ptr<const Stated> stated;  ///< if it was asked for and the head names it
};

Tried<Content> read_content(const Visit& visit, const Head& head, const std::optional<KeptHead>& before, bool with_stated) {
  auto catalog = read_catalog(visit, head, before);
  if (auto* failure = std::get_if<Failure>(&catalog)) return std::move(*failure);
  Content content{.catalog = std::get<std::shared_ptr<const Catalog>>(std::move(catalog)), .stated = {}};
  if (!with_stated || !head.state) return content;
  auto stated = read_stated(visit, *head.state);
  if (auto* failure = std::get_if<Failure>(&stated)) return std::move(*failure);
  content.stated = std::get<std::shared_ptr<const Stated>>(std::move(stated));
  return content;
}

/// What a head names; if a piece is missing the publisher may have moved on, so the head is asked for once more.
Tried<PeerView> read_view(const Visit& visit, GoodHead good, const std::optional<KeptHead>& before, bool with_stated) {
  auto content = read_content(visit, good.head, before, with_stated);
  if (auto* failure = std::get_if<Failure>(&content); failure != nullptr && failure->unknown.detail_code == "missing-piece") {
    auto again = read_head(visit, AskFor::whole);
    auto* newer = std::get_if<GoodHead>(&again);
    if (newer == nullptr || newer->seen.digest == good.seen.digest) return std::move(*failure);
    good = std::move(*newer);
    content = read_content(visit, good.head, before, with_stated);
  }
  if (auto* failure = std::get_if<Failure>(&content)) return std::move(*failure);
  auto& [catalog, stated] = std::get<Content>(content);
  if (!before || before->file.bytes != good.served.bytes || before->file.url != good.served.url ||
      before->file.etag != good.served.etag) {
    visit.memory.keep_head(visit.id(), good.served);
  }
  PeerCatalog seen{.head = std::move(good.seen), .catalog = std::move(catalog), .is_released = {}, .stated = std::move(stated)};
  if (good.release)
    seen.is_released = [release = *std::move(good.release)](const ImageEntry& entry) { return is_released(release, entry); };
  return PeerView(std::move(seen));
}

Tried<PeerView> look(const Visit& visit, const KnownPeer& known, const PeerQuestions& questions) {
  visit.progress(fmt::format("asking {}", printable(visit.url)));
  auto read = read_head(visit);
  if (auto* failure = std::get_if<Failure>(&read)) return std::move(*failure);
  GoodHead good = std::get<GoodHead>(std::move(read));
  if (!questions.read_settled) {
    auto mark = visit.memory.settled(visit.id());
    if (mark && is_settled(*mark, good.seen, known, visit.now)) {
      if (!good.cached) visit.memory.keep_head(visit.id(), good.served);
      return PeerView(Settled{std::move(good.seen), std::move(mark->notes)});
    }
  }
  return read_view(visit, std::move(good), kept_head(visit.memory, visit.id()), questions.read_stated);
}

/// When a visit ends, and why.
struct VisitEnd {
  std::chrono::steady_clock::time_point at;
  std::string why;
};

VisitEnd end_of_visit(const PeerQuestions& questions, Clock& clock) {
  const auto longest = clock.steady() + longest_visit;
  if (questions.until && *questions.until < longest)
    return {*questions.until, "the share of this run's deadline that is for asking peers is over"};
  return {longest, fmt::format("it took more than {} minutes to show its catalog", longest_visit.count())};
}

/// A connection with an end: a peer that always gives a little is no reason to wait for ever.
class PatientConnection final : public PeerTransport {
 public:
  PatientConnection(std::unique_ptr<PeerTransport> connection, const std::string& url, Clock& clock, VisitEnd end)
      : connection_(std::move(connection)), url_(url), clock_(clock), end_(std::move(end)) {}

  Response get(const Request& request, const ByteSink& sink, const std::function<void()>& restart) override {
    Request patient = request;
    patient.may_go_on = [this, &request] {
      if (clock_.steady() >= end_.at) throw Over{};
      if (request.may_go_on) request.may_go_on();
    };
    try {
      patient.may_go_on();
      return connection_->get(
          patient,
          [&](std::string_view bytes) {
            patient.may_go_on();
            return sink(bytes);
          },
          restart);
    } catch (const Over&) { return too_slow(request); }
  }

 private:
  struct Over {};

  Response too_slow(const Request& request) const {
    Response response;
    response.why =
        fmt::format("{}: {}; what came is kept, and the next run goes on from there", printable(url_ + request.path), end_.why);
    return response;
  }

  std::unique_ptr<PeerTransport> connection_;
  const std::string& url_;
  Clock& clock_;
  VisitEnd end_;
};

PeerAccess access_to(const PeerEntry& peer, const std::string& url) {
  return {.peer = peer.name,
          .urls = {url},
          .credentials = peer.credentials,
          .allow_http = peer.allow_http,
          .bandwidth = peer.bandwidth};
}

/// A variable or file that the manifest names for this peer is not there: its own trouble, not the other peers'.
Failure no_credentials(const Error& error) { return unreachable(error.text(), "credentials", error.mend()); }

/// Bad news outweighs none: untrusted, then expired, then unreachable; every URL's reason is told.
Failure worst(std::vector<Failure> failures) {
  const auto weight = [](const Failure& failure) {
    return failure.unknown.code == "untrusted" ? 2 : failure.unknown.code == "expired" ? 1 : 0;
  };
  const auto chosen = std::max_element(failures.begin(), failures.end(),
                                       [&](const Failure& one, const Failure& other) { return weight(one) < weight(other); });
  Failure result = *chosen;
  for (const auto& failure : failures) {
    if (&failure == &*chosen) continue;
    result.unknown.why += "; " + failure.unknown.why;
    if (result.unknown.mend.empty()) result.unknown.mend = failure.unknown.mend;
  }
  return result;
}

/// The envelope of the head that the floor stands for; "" if it is not here any more.
std::string head_of_floor(PeerMemory& memory, const Floor& floor) {
  const auto record = memory.floor_record(floor.id);
  if (record && head_digest(record->head_envelope) == floor.head) return record->head_envelope;
  const auto kept = memory.head(floor.id);
  return kept && head_digest(kept->bytes) == floor.head ? kept->bytes : std::string();
}

/// A floor whose head is not known (its file was damaged) contradicts nothing.
void keep_evidence(const PeerEntry& peer, const KnownPeer& known, PeerMemory& memory, Failure& failure) {
  const auto floor = higher(known.floor, memory.floor(peer.card.id));
  if (failure.contradicting_head.empty() || !floor || floor->head == Digest{}) return;
  const std::string folder = memory.keep_evidence(peer.card.id, head_of_floor(memory, *floor), failure.contradicting_head);
  failure.unknown.why +=
      fmt::format(". The heads are kept in \"{}\"; while that folder is there, the peer stays untrusted", printable(folder));
}

Tried<PeerView> ask_all_urls(const PeerEntry& peer, const KnownPeer& known, const PeerQuestions& questions, Transport& transport,
                             PeerMemory& memory, Clock& clock, const std::function<void(const std::string&)>& progress) {
  std::vector<Failure> failures;
  const VisitEnd end = end_of_visit(questions, clock);
  for (std::size_t i = 0; i < peer.urls.size(); ++i) {
    const std::string& url = peer.urls[i];
    try {
      const auto now = clock.steady();  // a mirror that trickles leaves the others their share
      PatientConnection connection(transport.peer(access_to(peer, url)), url, clock,
                                   {.at = now + (end.at - now) / static_cast<int>(peer.urls.size() - i), .why = end.why});
      const Visit visit{peer, known.floor, questions.now, url, connection, memory, progress};
      auto view = look(visit, known, questions);
      if (std::holds_alternative<PeerView>(view)) return view;
      failures.push_back(std::get<Failure>(std::move(view)));
    } catch (const Error& error) {
      if (error.fault() != Fault::manifest) throw;
      failures.push_back(no_credentials(error));
    }
  }
  if (failures.empty()) return unreachable(fmt::format("peer \"{}\" has no URL", peer.name.text()));
  Failure failure = worst(std::move(failures));
  keep_evidence(peer, known, memory, failure);
  return failure;
}

}  // namespace

PeerView observe_peer(const PeerEntry& peer, const KnownPeer& known, const PeerQuestions& questions, Transport& transport,
                      PeerMemory& memory, Clock& clock, const std::function<void(const std::string& what)>& progress) {
  if (peer.card.id == questions.self) return OwnPeer{};
  std::optional<Failure> failure = changed_identity(peer, known);
  if (!failure) failure = old_evidence(peer, memory);
  if (!failure) {
    auto view = ask_all_urls(peer, known, questions, transport, memory, clock, progress);
    if (auto* seen = std::get_if<PeerView>(&view)) return std::move(*seen);
    failure = std::get<Failure>(std::move(view));
  }
  Unknown unknown = std::move(failure->unknown);
  if (!unknown.last) {
    if (auto kept = kept_head(memory, known.registered_id.value_or(peer.card.id))) unknown.last = std::move(kept->seen);
  }
  return unknown;
}

}  // namespace ingot
