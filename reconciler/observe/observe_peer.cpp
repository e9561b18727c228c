#include "reconciler/observe/observe_peer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/another_server.hpp"
#include "reconciler/observe/read_catalog.hpp"
#include "reconciler/observe/read_head.hpp"
#include "reconciler/observe/visit.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "schema/error.hpp"

namespace ingot::observe {

namespace {

std::optional<Failure> changed_identity(const PeerEntry& peer, const KnownPeer& known) {
  if (!known.registered_id || *known.registered_id == peer.card.id || peer.replaces == known.registered_id) return std::nullopt;
  std::string why = fmt::format(
      "the card \"{}\" pins the server {}, but \"{}\" is registered as {}: it was not asked. If the peer really has a new root, "
      "say replaces = \"{}\" in its entry",
      io::printable(peer.card_path), peer.card.id.text(), peer.name.text(), known.registered_id->text(),
      known.registered_id->text());
  return Failure{plan::Unknown{.code = Code::untrusted, .why = std::move(why), .detail_code = Code::identity_changed, .last = {}},
                 {}};
}

/// Equivocation is not forgotten by itself.
std::optional<Failure> old_evidence(const PeerEntry& peer, io::PeerMemory& memory) {
  if (!memory.has_evidence(peer.card.id)) return std::nullopt;
  std::string why = fmt::format(
      "two contradicting heads that its key has signed are kept in \"{}\": it was not asked. Talk to its owner; to trust it "
      "again, remove that folder",
      io::printable(memory.evidence_folder(peer.card.id)));
  return Failure{plan::Unknown{.code = Code::untrusted, .why = std::move(why), .detail_code = Code::equivocation, .last = {}},
                 {}};
}

bool is_settled(const io::SettledMark& mark, const plan::SeenHead& head, const KnownPeer& known, Time now) {
  return mark.fingerprint == settled_fingerprint(head, known) && (!mark.until || now < *mark.until);
}

struct Content {
  std::shared_ptr<const Catalog> catalog;
  std::shared_ptr<const Stated> stated;  ///< if it was asked for and the head names it
};

Tried<Content> read_content(const Visit& visit, const Head& head, const std::optional<KeptHead>& before,
                            const PeerQuestions& questions) {
  auto catalog = read_catalog(visit, head, before, questions.only_about);
  if (auto* failure = std::get_if<Failure>(&catalog)) return std::move(*failure);
  Content content{.catalog = std::get<std::shared_ptr<const Catalog>>(std::move(catalog)), .stated = {}};
  if (!questions.read_stated || !head.state) return content;
  auto stated = read_stated(visit, *head.state);
  if (auto* failure = std::get_if<Failure>(&stated)) return std::move(*failure);
  content.stated = std::get<std::shared_ptr<const Stated>>(std::move(stated));
  return content;
}

/// Its catalog is whole. A head that is kept already keeps the time at which it was first seen.
void keep_if_new(const Visit& visit, const GoodHead& good, const std::optional<KeptHead>& before) {
  if (!before || before->seen.digest != good.seen.digest) visit.memory.keep_head(visit.id(), good.served);
}

template <class Value>
bool misses_piece(const Tried<Value>& tried) {
  const auto* failure = std::get_if<Failure>(&tried);
  return failure != nullptr && failure->unknown.detail_code == Code::missing_piece;
}

/// What a head names; if a piece is missing the publisher may have moved on, so the head is asked for once more.
Tried<plan::PeerView> read_view(const Visit& visit, GoodHead good, const std::optional<KeptHead>& before,
                                const PeerQuestions& questions) {
  auto content = read_content(visit, good.head, before, questions);
  if (misses_piece(content)) {
    auto again = read_head(visit);
    auto* newer = std::get_if<GoodHead>(&again);
    if (newer == nullptr || newer->seen.digest == good.seen.digest) return std::get<Failure>(std::move(content));
    good = std::move(*newer);
    content = read_content(visit, good.head, before, questions);
  }
  if (auto* failure = std::get_if<Failure>(&content)) return std::move(*failure);
  auto& [catalog, stated] = std::get<Content>(content);
  if (!questions.only_about) keep_if_new(visit, good, before);
  plan::PeerCatalog seen{.head = std::move(good.seen),
                         .catalog = std::move(catalog),
                         .release = std::move(good.release),
                         .stated = std::move(stated),
                         .remarks = std::move(good.remarks)};
  return plan::PeerView(std::move(seen));
}

/// What is remembered of a settled peer, and the pages about what is asked.
Tried<plan::PeerView> settled_view(const Visit& visit, GoodHead good, io::SettledMark mark, const std::optional<KeptHead>& before,
                                   const std::optional<AboutImages>& about) {
  plan::Settled settled{.head = std::move(good.seen), .notes = std::move(mark.notes), .remarks = std::move(good.remarks)};
  if (about) {
    auto pages = read_catalog(visit, good.head, before, about);
    if (auto* failure = std::get_if<Failure>(&pages)) return std::move(*failure);
    settled.about = std::get<std::shared_ptr<const Catalog>>(std::move(pages));
  }
  keep_if_new(visit, good, before);
  return plan::PeerView(std::move(settled));
}

/// What a verified head stands for: settled, or its catalog. A settled peer that misses a piece may have published just now.
Tried<plan::PeerView> view_of(const Visit& visit, GoodHead good, const KnownPeer& known, const PeerQuestions& questions) {
  const auto before = kept_head(visit.memory, visit.id());
  const bool whole = questions.about_settled && plan::rules_compare_images(*questions.manifest, visit.peer.name);
  if (!questions.read_settled && !questions.only_about && !whole) {
    auto mark = visit.memory.settled(visit.id());
    if (mark && is_settled(*mark, good.seen, known, visit.now)) {
      auto view = settled_view(visit, good, *std::move(mark), before, questions.about_settled);
      if (!misses_piece(view)) return view;
    }
  }
  return read_view(visit, std::move(good), before, questions);
}

Tried<plan::PeerView> look(const Visit& visit, const KnownPeer& known, const PeerQuestions& questions) {
  visit.progress(fmt::format("asking {}", io::printable(visit.url)));
  auto read = read_head(visit);
  if (auto* failure = std::get_if<Failure>(&read)) {
    if (failure->unknown.code != Code::untrusted || !is_another_servers_place(visit)) return std::move(*failure);
    return unreachable(
        fmt::format("{}head.dsse: another server answers there; it is used only for the bytes of this peer's images",
                    io::printable(visit.url)));
  }
  return view_of(visit, std::get<GoodHead>(std::move(read)), known, questions);
}

/// How long a mirror may be behind before the run says that it is incomplete.
constexpr Seconds mirror_lag = std::chrono::hours(1);

plan::PeerRemark stale_remark(const plan::Unknown& stale, const Head& last, Time first_seen, Time now) {
  return {.code = Code::stale,
          .text = fmt::format("{}; the head seen last, at {}, is used until {}", stale.why, time_text(first_seen),
                              time_text(last.expires)),
          .mend = stale.mend,
          .incomplete = now >= first_seen + mirror_lag};
}

/// A mirror serves an older head of the same epoch, and no other URL a newer one: what was seen last counts until it expires,
/// if it is in the cache, or this mirror still has its pages.
Tried<plan::PeerView> view_of_last(const Visit& visit, const Failure& stale, const KnownPeer& known,
                                   const PeerQuestions& questions) {
  auto read = head_seen_last(visit);
  if (auto* failure = std::get_if<Failure>(&read)) {
    if (failure->unknown.code != Code::unreachable) return std::move(*failure);
    Failure both = stale;  // its sentence ends with what to do
    both.unknown.why += "; " + failure->unknown.why;
    return both;
  }
  GoodHead good = std::get<GoodHead>(std::move(read));
  good.remarks.push_back(stale_remark(stale.unknown, good.head, good.served.fetched, visit.now));
  return view_of(visit, std::move(good), known, questions);
}

/// When a visit ends, and why.
struct VisitEnd {
  std::chrono::steady_clock::time_point at;
  std::string why;
};

VisitEnd end_of_visit(const PeerQuestions& questions, io::Clock& clock) {
  const auto longest = clock.steady() + longest_visit;
  if (questions.until && *questions.until < longest)
    return {*questions.until, "the time for asking peers, a part of this run's deadline, is over"};
  return {longest, fmt::format("it took more than {} minutes to show its catalog", longest_visit.count())};
}

/// A connection with an end: a peer that always gives a little is no reason to wait for ever.
class PatientConnection final : public io::PeerTransport {
 public:
  PatientConnection(std::unique_ptr<io::PeerTransport> connection, const std::string& url, io::Clock& clock, VisitEnd end)
      : connection_(std::move(connection)), url_(url), clock_(clock), end_(std::move(end)) {}

  io::Response get(const io::Request& request, const io::ByteSink& sink, const std::function<void()>& restart) override {
    io::Request patient = request;
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

  io::Response too_slow(const io::Request& request) const {
    io::Response response;
    response.why = fmt::format("{}: {}; the bytes are kept, and the next run goes on from there",
                               io::printable(url_ + request.path), end_.why);
    return response;
  }

  std::unique_ptr<io::PeerTransport> connection_;
  const std::string& url_;
  io::Clock& clock_;
  VisitEnd end_;
};

io::PeerAccess access_to(const PeerEntry& peer, const std::string& url) {
  return {.peer = peer.name,
          .urls = {url},
          .credentials = peer.credentials,
          .allow_http = peer.allow_http,
          .bandwidth = peer.bandwidth};
}

/// A variable or file that the manifest names for this peer is not there: its own trouble, not the other peers'.
Failure no_credentials(const Error& error) { return unreachable(error.text(), Code::credentials, error.mend()); }

/// Bad news outweighs none: untrusted, then expired, then unreachable; every URL's reason is told.
Failure worst(std::vector<Failure> failures) {
  const auto weight = [](const Failure& failure) {
    return failure.unknown.code == Code::untrusted ? 2 : failure.unknown.code == Code::expired ? 1 : 0;
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

/// A floor whose head is not known (its file was damaged) contradicts nothing.
void keep_evidence(const PeerEntry& peer, const KnownPeer& known, io::PeerMemory& memory, Failure& failure) {
  const auto floor = higher(known.floor, memory.floor(peer.card.id));
  if (failure.contradicting_head.empty() || !floor || floor->head == Digest{}) return;
  const std::string folder = memory.keep_evidence(peer.card.id, head_of_floor(memory, *floor), failure.contradicting_head);
  failure.unknown.why +=
      fmt::format(". The heads are kept in \"{}\"; while that folder is there, the peer stays untrusted", io::printable(folder));
}

/// One peer over its URLs, one after the other.
class Asking {
 public:
  Asking(const PeerEntry& peer, const KnownPeer& known, const PeerQuestions& questions, io::Transport& transport,
         io::PeerMemory& memory, io::Clock& clock, const std::function<void(const std::string&)>& progress)
      : peer_(peer),
        known_(known),
        questions_(questions),
        transport_(transport),
        memory_(memory),
        clock_(clock),
        progress_(progress),
        end_(end_of_visit(questions, clock)) {}

  Tried<plan::PeerView> ask() {
    std::vector<Failure> failures;
    for (std::size_t i = 0; i < peer_.urls.size(); ++i) {
      const auto share = static_cast<int>(peer_.urls.size() - i);  // a mirror that trickles leaves the others theirs
      auto view = ask(peer_.urls[i], share, [&](const Visit& visit) { return look(visit, known_, questions_); });
      if (std::holds_alternative<plan::PeerView>(view)) return view;
      failures.push_back(std::get<Failure>(std::move(view)));
    }
    if (failures.empty()) return unreachable(fmt::format("peer \"{}\" has no URL", peer_.name.text()));
    if (const auto at = stale_url(failures)) {
      return ask(peer_.urls[*at], 1, [&](const Visit& visit) { return view_of_last(visit, failures[*at], known_, questions_); });
    }
    Failure failure = worst(std::move(failures));
    keep_evidence(peer_, known_, memory_, failure);
    return failure;
  }

 private:
  template <class Question>
  Tried<plan::PeerView> ask(const std::string& url, int share, Question question) {
    try {
      const auto now = clock_.steady();
      PatientConnection connection(transport_.peer(access_to(peer_, url)), url, clock_,
                                   {.at = now + (end_.at - now) / share, .why = end_.why});
      return question(Visit{peer_, known_.floor, questions_.now, url, connection, memory_, progress_});
    } catch (const Error& error) {
      if (error.fault() != Fault::manifest) throw;
      return no_credentials(error);
    }
  }

  /// The first URL that serves what is only stale; nullopt: none does, or another one is not to be trusted.
  static std::optional<std::size_t> stale_url(const std::vector<Failure>& failures) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < failures.size(); ++i) {
      if (failures[i].unknown.code == Code::untrusted) return std::nullopt;
      if (!found && failures[i].unknown.detail_code == Code::stale) found = i;
    }
    return found;
  }

  const PeerEntry& peer_;
  const KnownPeer& known_;
  const PeerQuestions& questions_;
  io::Transport& transport_;
  io::PeerMemory& memory_;
  io::Clock& clock_;
  const std::function<void(const std::string&)>& progress_;
  const VisitEnd end_;
};

plan::Unknown unknown_of(Failure failure, const PeerEntry& peer, const KnownPeer& known, io::PeerMemory& memory) {
  plan::Unknown unknown = std::move(failure.unknown);
  if (!unknown.last) {
    if (auto kept = kept_head(memory, known.registered_id.value_or(peer.card.id))) unknown.last = std::move(kept->seen);
  }
  return unknown;
}

}  // namespace

std::optional<plan::PeerView> view_without_asking(const PeerEntry& peer, const KnownPeer& known, const ServerId& self,
                                                  io::PeerMemory& memory) {
  if (peer.card.id == self) return plan::OwnPeer{};
  if (peer.retired) return plan::RetiredPeer{};
  std::optional<Failure> failure = changed_identity(peer, known);
  if (!failure) failure = old_evidence(peer, memory);
  if (!failure) return std::nullopt;
  return unknown_of(*std::move(failure), peer, known, memory);
}

plan::PeerView observe_peer(const PeerEntry& peer, const KnownPeer& known, const PeerQuestions& questions,
                            io::Transport& transport, io::PeerMemory& memory, io::Clock& clock,
                            const std::function<void(const std::string& what)>& progress) {
  if (auto view = view_without_asking(peer, known, questions.self, memory)) return *std::move(view);
  auto view = Asking(peer, known, questions, transport, memory, clock, progress).ask();
  if (auto* seen = std::get_if<plan::PeerView>(&view)) return std::move(*seen);
  return unknown_of(std::get<Failure>(std::move(view)), peer, known, memory);
}

}  // namespace ingot::observe
