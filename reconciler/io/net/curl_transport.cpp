#include "reconciler/io/net/curl_transport.hpp"

#include <atomic>
#include <mutex>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/curl_exchange.hpp"
#include "reconciler/io/net/disk_exchange.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::io {

namespace {

using Status = Response::Status;
using Trouble = ConnectionGate::Trouble;
using Advice = ConnectionGate::Advice;

constexpr std::uint64_t least_progress = 16 * 1024;  ///< bytes of an answer that ends too early

bool is_an_answer(const Response& response) { return response.status == Status::ok || response.status == Status::not_modified; }

/// Idle connections of one peer, for whichever thread asks next.
class CurlPool {
 public:
  CurlHandle take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return {curl_easy_init(), &curl_easy_cleanup};
    CurlHandle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }
  void give_back(CurlHandle handle) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<CurlHandle> idle_;
};

/// Random numbers for the jitter of several threads.
class Jitter {
 public:
  explicit Jitter(std::uint32_t seed) : engine_(seed) {}
  double next() {
    const std::lock_guard lock(mutex_);
    return std::uniform_real_distribution<double>(0, 1)(engine_);
  }

 private:
  std::mutex mutex_;
  std::minstd_rand engine_;
};

class CurlPeer final : public PeerTransport {
 public:
  CurlPeer(const PeerAccess& access, const CurlOptions& options, Clock& clock)
      : peer_(access.peer),
        credentials_(access.credentials),
        settings_{read_secrets(access.credentials, access.peer), access.allow_http, options, access.credentials.s3,
                  mend_of_denial(access.credentials)},
        clock_(clock),
        throttle_(clock, access.bandwidth),
        jitter_(options.seed ? *options.seed : std::random_device{}()) {
    for (const auto& url : access.urls) places_.push_back(std::make_unique<Place>(parse_base_url(url)));
  }

  /// Begins with the URL that answered last, so that a dead one costs its time once.
  Response get(const Request& request, const ByteSink& sink, const std::function<void()>& restart) override {
    const std::size_t first = first_;
    std::optional<Response> failure;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const std::size_t at = (first + i) % places_.size();
      CurlAttempt attempt = ask(*places_[at], request, sink, restart);
      if (is_an_answer(attempt.response)) first_ = at;
      if (is_an_answer(attempt.response) || attempt.stopped || is_for_the_caller(attempt, request))
        return std::move(attempt.response);
      if (attempt.response.bytes > 0) restart();
      failure = worse(std::move(failure), std::move(attempt.response));
    }
    if (!failure) failure = Response{.status = Status::refused, .why = fmt::format("peer \"{}\" has no URL", peer_.text())};
    failure->bytes = 0;
    return *std::move(failure);
  }

 private:
  /// One of the peer's URLs.
  struct Place {
    explicit Place(std::variant<BaseUrl, BadUrl> the_url) : url(std::move(the_url)) {}
    std::variant<BaseUrl, BadUrl> url;
    ConnectionGate gate;
  };

  /// Some bytes came: whoever keeps them asks for the rest alone.
  static bool is_for_the_caller(const CurlAttempt& attempt, const Request& request) {
    return request.resumes && attempt.response.bytes > 0;
  }

  /// An answer of a server says more than none at all; every URL's reason is told. A peer fails if all its URLs do.
  static Response worse(std::optional<Response> before, Response now) {
    if (!before) return now;
    const bool all_fail = before->failing && now.failing;
    Response& chosen = before->status == Status::unreachable ? now : *before;
    std::string why = before->why + "; " + now.why;
    chosen.why = std::move(why);
    chosen.failing = all_fail;
    return std::move(chosen);
  }

  CurlAttempt ask(Place& place, const Request& request, const ByteSink& sink, const std::function<void()>& restart) {
    if (const auto* bad = std::get_if<BadUrl>(&place.url)) {
      CurlAttempt attempt;
      attempt.response.status = Status::refused;
      attempt.response.why = fmt::format("peer \"{}\": {}", peer_.text(), bad->why);
      return attempt;
    }
    for (int failures = 1;;) {
      const auto pass = place.gate.enter(request.may_go_on);
      if (!pass) return left(place.gate.given_up());
      CurlAttempt attempt = pass_gate(place, *pass, request, sink);
      if (attempt.trouble == Trouble::none || is_for_the_caller(attempt, request)) return attempt;
      if (attempt.advice == Advice::leave) return left(attempt.response.why);
      const bool counts = attempt.advice == Advice::failed;
      if (!attempt.retry || (counts && failures >= settings_.options.retry.attempts)) return attempt;
      if (attempt.response.bytes > 0) restart();
      wait_after(place, attempt, failures, request);
      failures += counts ? 1 : 0;
    }
  }

  static CurlAttempt left(const std::string& why) {
    CurlAttempt attempt;
    attempt.response.failing = true;
    attempt.response.why = why + "; nothing more is asked of it for now";
    return attempt;
  }

  /// Longer than a request may wait.
  bool asks_for_too_long(const CurlAttempt& attempt) const {
    return attempt.retry_after && *attempt.retry_after > std::chrono::ceil<Seconds>(settings_.options.retry.longest_wait);
  }

  /// While a server that asked for it is let alone, nobody else asks it either.
  void wait_after(Place& place, const CurlAttempt& attempt, int failures, const Request& request) {
    constexpr int more_patience = 2;  ///< for a server that is busy and does not say for how long
    const RetryRules& rules = settings_.options.retry;
    const bool alone = attempt.advice == Advice::failed;
    // A long time that is asked for while others are served means no more than that there are too many.
    const auto asked = asks_for_too_long(attempt) ? std::nullopt : attempt.retry_after;
    const auto wait = wait_before_retry(rules, failures + (attempt.busy && alone ? more_patience : 0), asked, jitter_.next());
    std::optional<ConnectionGate::Rest> rest;
    if (attempt.busy) rest.emplace(place.gate);
    sleep_unless_interrupted(clock_, wait, request.may_go_on);
  }

  /// One attempt, which the gate takes into account.
  CurlAttempt pass_gate(Place& place, const ConnectionGate::Pass& pass, const Request& request, const ByteSink& sink) {
    CurlAttempt attempt;
    attempt.trouble = Trouble::none;
    try {
      attempt = attempt_once(std::get<BaseUrl>(place.url), request, sink);
    } catch (...) {
      place.gate.leave(pass, {});
      throw;
    }
    // An answer that brings its share before it ends shows that the server works. One that hangs then does not: each such answer
    // takes a connection for the whole stall time.
    if (attempt.response.bytes >= least_progress && !attempt.stalled)
      attempt.trouble = attempt.retry && !request.resumes ? Trouble::path : Trouble::none;
    attempt.advice = place.gate.leave(
        pass,
        {.trouble = attempt.trouble, .path = request.path, .why = attempt.response.why, .for_long = asks_for_too_long(attempt)});
    return attempt;
  }

  CurlAttempt attempt_once(const BaseUrl& base, const Request& request, const ByteSink& sink) {
    CurlAttempt attempt = base.scheme == "file" ? from_disk(base, request, sink) : over_network(base, request, sink);
    attempt.response.url = base.text;
    const Response& response = attempt.response;
    if (response.why.empty()) return attempt;
    attempt.response.why = fmt::format("{}: {}{}{}", printable(base.text + request.path), response.why,
                                       response.mend.empty() ? "" : "; ", response.mend);
    return attempt;
  }

  /// If the token or the key is refused and a newer one is there, once more with that.
  CurlAttempt over_network(const BaseUrl& base, const Request& request, const ByteSink& sink) {
    const CurlPeerSettings settings = settings_now();
    CurlAttempt attempt = over_network(base, settings, request, sink);
    if (!attempt.denied || !is_renewable() || !read_newer_secrets(settings.secrets)) return attempt;
    return over_network(base, settings_now(), request, sink);
  }

  CurlAttempt over_network(const BaseUrl& base, const CurlPeerSettings& settings, const Request& request, const ByteSink& sink) {
    CurlHandle handle = pool_.take();
    if (!handle) throw std::bad_alloc();
    CurlAttempt attempt = exchange(handle.get(), settings, base, request, sink, throttle_, clock_);
    if (attempt.reusable) pool_.give_back(std::move(handle));
    return attempt;
  }

  CurlPeerSettings settings_now() {
    const std::lock_guard lock(secrets_mutex_);
    return settings_;
  }

  bool is_renewable() const { return credentials_.token_file || (credentials_.s3 && credentials_.s3->key.file); }

  /// Whether there are others than those that were refused. A file that cannot be read now is being written.
  bool read_newer_secrets(const Secrets& refused) {
    const std::lock_guard lock(secrets_mutex_);
    try {
      if (settings_.secrets == refused) settings_.secrets = read_secrets(credentials_, peer_);
    } catch (const Error&) { return false; }  // the refusal of the old ones is told
    return settings_.secrets != refused;
  }

  CurlAttempt from_disk(const BaseUrl& base, const Request& request, const ByteSink& sink) {
    CurlAttempt attempt;
    attempt.response = read_from_disk(base.folder, request, sink, throttle_, attempt.stopped);
    return attempt;
  }

  ServerName peer_;
  PeerCredentials credentials_;
  CurlPeerSettings settings_;
  std::mutex secrets_mutex_;  ///< guards those in the settings
  std::vector<std::unique_ptr<Place>> places_;
  Clock& clock_;
  Throttle throttle_;
  Jitter jitter_;
  CurlPool pool_;
  std::atomic<std::size_t> first_ = 0;
};

}  // namespace

CurlTransport::CurlTransport(Clock& clock, CurlOptions options) : clock_(clock), options_(std::move(options)) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // once in a process
  if (started != CURLE_OK) throw Error(Fault::internal, fmt::format("libcurl does not start: {}", curl_easy_strerror(started)));
}
CurlTransport::~CurlTransport() = default;

std::unique_ptr<PeerTransport> CurlTransport::peer(const PeerAccess& access) {
  return std::make_unique<CurlPeer>(access, options_, clock_);
}

CurlBuild curl_build() {
  const curl_version_info_data* const loaded = ::curl_version_info(CURLVERSION_NOW);
  CurlBuild build{
      .version = loaded->version, .tls = loaded->ssl_version == nullptr ? "" : loaded->ssl_version, .features = {"file"}};
  for (const char* const* protocol = loaded->protocols; *protocol != nullptr; ++protocol) {
    const std::string_view name = *protocol;
    if (name == "http" || name == "https") build.features.emplace_back(name);
  }
  if ((loaded->features & CURL_VERSION_HTTP2) != 0) build.features.emplace_back("http2");
  return build;
}

}  // namespace ingot::io
